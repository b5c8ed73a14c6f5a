//! Checks of single values beyond their kind. Each gets the configuration as it stands and the new text.

use super::Config;
use super::directive::Refusal;
use super::number::c_str;

/// Longest host name, in bytes, the ending NUL of C included.
const HOST_NAME_BYTES_MAX: usize = 256;

pub(super) fn activedefrag(_: &Config, text: &[u8]) -> Result<(), Refusal> {
    if c_str(text).eq_ignore_ascii_case(b"yes") {
        return Err("Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified \
                    Jemalloc like the one shipped by default with the Redis source distribution"
            .into());
    }
    Ok(())
}

/// Whether `text` names something in the working directory itself.
fn is_base_name(text: &[u8]) -> bool {
    !text.contains(&b'/') && !text.contains(&b'\\')
}

pub(super) fn dbfilename(_: &Config, text: &[u8]) -> Result<(), Refusal> {
    if !is_base_name(c_str(text)) {
        return Err("dbfilename can't be a path, just a filename".into());
    }
    Ok(())
}

pub(super) fn appendfilename(_: &Config, text: &[u8]) -> Result<(), Refusal> {
    match c_str(text) {
        b"" => Err("appendfilename can't be empty".into()),
        name if !is_base_name(name) => Err("appendfilename can't be a path, just a filename".into()),
        _ => Ok(()),
    }
}

pub(super) fn appenddirname(_: &Config, text: &[u8]) -> Result<(), Refusal> {
    match c_str(text) {
        b"" => Err("appenddirname can't be empty".into()),
        name if !is_base_name(name) => Err("appenddirname can't be a path, just a dirname".into()),
        _ => Ok(()),
    }
}

pub(super) fn cluster_announce_hostname(_: &Config, text: &[u8]) -> Result<(), Refusal> {
    let name = c_str(text);
    if name.len() >= HOST_NAME_BYTES_MAX {
        return Err(format!("Hostnames must be less than {HOST_NAME_BYTES_MAX} characters").into());
    }
    if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots".into());
    }
    Ok(())
}

pub(super) fn proc_title_template(config: &Config, text: &[u8]) -> Result<(), Refusal> {
    match config.expand_proc_title(c_str(text), b"") {
        Some(title) if !title.is_empty() => Ok(()),
        _ => Err("template format is invalid or contains unknown variables".into()),
    }
}

impl Config {
    /// The process title that `template` gives, blanks at both ends removed. None when a `{` is not closed or a
    /// variable is not known. `{{` is a literal brace.
    ///
    /// `title` is the program with its role, such as `etalon-server` or `redis-aof-rewrite`.
    pub fn expand_proc_title(&self, template: &[u8], title: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut rest = template;
        while let Some(open) = memchr::memchr(b'{', rest) {
            out.extend_from_slice(&rest[..open]);
            rest = &rest[open + 1..];
            if let [b'{', tail @ ..] = rest {
                out.push(b'{');
                rest = tail;
                continue;
            }
            let close = memchr::memchr(b'}', rest)?;
            out.extend_from_slice(&self.proc_title_variable(&rest[..close], title)?);
            rest = &rest[close + 1..];
        }
        out.extend_from_slice(rest);
        Some(out.trim_ascii().to_vec())
    }

    fn proc_title_variable(&self, name: &[u8], title: &[u8]) -> Option<Vec<u8>> {
        let port = || {
            if self.port == 0 { self.tls_port } else { self.port }
        };
        Some(match name {
            b"title" => title.to_vec(),
            b"listen-addr" => match (port(), &self.unixsocket) {
                (0, Some(path)) => path.clone(),
                (port, _) => {
                    let address = self.bind.first().map_or(&b"*"[..], Vec::as_slice);
                    [address, b":", port.to_string().as_bytes()].concat()
                }
            },
            b"server-mode" if self.cluster_enabled => b"[cluster]".to_vec(),
            b"server-mode" => Vec::new(),
            b"config-file" => self.extra.config_file.clone().unwrap_or(b"-".to_vec()),
            b"port" => self.port.to_string().into_bytes(),
            b"tls-port" => self.tls_port.to_string().into_bytes(),
            b"unixsocket" => self.unixsocket.clone().unwrap_or_default(),
            _ => return None,
        })
    }
}
