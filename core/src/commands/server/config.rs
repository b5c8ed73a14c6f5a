//! CONFIG GET, SET, RESETSTAT, REWRITE, HELP.
//!
//! CONFIG SET sets all values or none. Some values concern what only the driver can do (listen on another port,
//! change the directory…); then the client waits while these are carried out one after the other, in order:
//!
//! ```text
//!  set_many ─► apply ─► ask driver ─► Done ─► apply ─► … ─► +OK
//!                            └──────► Failed ─► values back ─► ask the driver for all of them again ─► -ERR
//! ```
//!
//! Source: observed behaviour of 7.0.15. Deviation: TLS is not built, so that whatever needs a TLS context fails as
//! it does on a real server without certificates.

use crate::commands::{Args, CommandError, Flow};
use crate::config::{Apply, Change, LogLevel, RewriteMode, SetContext, SetError};
use crate::engine::Engine;
use crate::engine::action::{Action, Outcome};
use crate::engine::client::ClientId;

/// A CONFIG SET whose values are set, and which waits for the driver.
#[derive(Clone, Debug)]
pub struct Pending {
    change: Change,
    /// How many of the change's applies are done.
    done: usize,
    /// The change has failed with this error, its values are back, and the old state is being applied again.
    failed: Option<SetError>,
}

/// How far an [`Apply`] got.
enum Applied {
    Done,
    /// With the text to show, if it is not the usual one.
    Failed(Option<String>),
    /// The driver has been asked.
    Asked,
}

pub fn config_get(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let patterns: Vec<&[u8]> = args.from(2).iter().collect();
    let found = engine.config().get(&patterns);
    let reply = engine.reply(id);
    reply.map(found.len());
    for (name, value) in found {
        reply.bulk(&name);
        reply.bulk(&value);
    }
    Ok(Flow::Done)
}

pub fn config_set(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let pairs: Vec<(&[u8], &[u8])> = (2..args.len()).step_by(2).map(|at| (args.at(at), args.at(at + 1))).collect();
    let peer = &engine.client(id).peer;
    let context =
        SetContext { local_client: peer.loopback || peer.unix_socket, loading: engine.persistence().is_loading() };
    let change = engine.config.set_many(&pairs, context).map_err(command_error)?;
    engine.config_changed();
    advance(engine, id, Pending { change, done: 0, failed: None })
}

/// Carries out what a change still entails, as far as it goes without waiting.
fn advance(engine: &mut Engine, id: ClientId, mut pending: Pending) -> Result<Flow, CommandError> {
    while let Some(apply) = pending.next() {
        match carry_out(engine, id, apply) {
            Applied::Done => pending.done += 1,
            Applied::Failed(reason) => pending.fail(engine, apply, reason),
            Applied::Asked => {
                engine.config_changes.insert(id, pending);
                return Ok(Flow::Asked);
            }
        }
    }
    match pending.failed {
        Some(error) => Err(command_error(error)),
        None => {
            if let Some(client) = engine.clients.get_mut(id) {
                client.reply.ok();
            }
            Ok(Flow::Done)
        }
    }
}

impl Pending {
    /// What is to be carried out next.
    fn next(&self) -> Option<Apply> {
        self.change.applies().nth(self.done)
    }

    /// Takes the change back, or, if that is what failed, goes on regardless.
    fn fail(&mut self, engine: &mut Engine, apply: Apply, reason: Option<String>) {
        if self.failed.is_some() {
            engine.log(LogLevel::Warning, "Failed applying restored failed CONFIG SET command");
            self.done += 1;
            return;
        }
        let name = self.change.name_behind(apply);
        engine.log(
            LogLevel::Warning,
            format!(
                "Failed applying new configuration. Possibly related to new {name} setting. Restoring previous settings."
            ),
        );
        let reason = reason.filter(|_| apply.shows_system_text()).map(Into::into);
        self.failed = Some(self.change.undo(&mut engine.config, apply, reason));
        engine.config_changed();
        self.done = 0;
    }
}

/// Carries out one apply, or asks the driver to.
fn carry_out(engine: &mut Engine, id: ClientId, apply: Apply) -> Applied {
    if apply.is_for_driver() {
        engine.request(id, applied, |action| Action::Reconfigure { id: action, apply });
        return Applied::Asked;
    }
    if apply == Apply::Appendonly {
        return match engine.change_appendonly(id) {
            None => Applied::Asked,
            Some(true) => Applied::Done,
            Some(false) => Applied::Failed(None),
        };
    }
    if apply == Apply::AofAutoGc {
        engine.remove_history();
    }
    let config = &engine.config;
    let needs_tls = config.tls_port != 0 || config.tls_replication || config.tls_cluster;
    match apply {
        Apply::TlsPort | Apply::Tls if needs_tls => {
            engine.log(LogLevel::Warning, "TLS is not supported");
            Applied::Failed(None)
        }
        _ => Applied::Done,
    }
}

/// The driver has answered.
pub(crate) fn applied(engine: &mut Engine, id: ClientId, outcome: Outcome) {
    let Some(mut pending) = engine.config_changes.remove(&id) else { return };
    let apply = pending.next().expect("a waiting change waits for one of its applies");
    match outcome {
        Outcome::Failed(reason) => pending.fail(engine, apply, Some(reason)),
        Outcome::Content(path) if apply == Apply::Dir => {
            // A relative path was given: the driver knows where that is.
            engine.config.dir = path;
            pending.done += 1;
        }
        _ => pending.done += 1,
    }
    if let Err(error) = advance(engine, id, pending) {
        engine.reply_error(id, &error.text());
    }
}

fn command_error(error: SetError) -> CommandError {
    match error {
        SetError::Syntax => CommandError::Syntax,
        SetError::Loading => CommandError::Text("LOADING Redis is loading the dataset in memory"),
        error => CommandError::formatted([b"ERR ", error.message().as_slice()].concat()),
    }
}

pub fn config_resetstat(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.stats.reset();
    engine.effects.counters = Default::default();
    engine.reply(id).ok();
    Ok(Flow::Done)
}

pub fn config_rewrite(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    start_rewrite(engine, id, read_for_rewrite)
}

/// DEBUG CONFIG-REWRITE-FORCE-ALL.
pub fn config_rewrite_force_all(engine: &mut Engine, id: ClientId) -> Result<Flow, CommandError> {
    start_rewrite(engine, id, read_for_force_all)
}

fn start_rewrite(
    engine: &mut Engine,
    id: ClientId,
    then: fn(&mut Engine, ClientId, Outcome),
) -> Result<Flow, CommandError> {
    let Some(path) = config_path(engine) else {
        return Err(CommandError::Text("ERR The server is running without a config file"));
    };
    engine.request(id, then, |action| Action::ReadFile { id: action, path });
    Ok(Flow::Asked)
}

fn config_path(engine: &Engine) -> Option<String> {
    engine.config().extra.config_file.as_ref().map(|path| String::from_utf8_lossy(path).into_owned())
}

fn read_for_rewrite(engine: &mut Engine, id: ClientId, outcome: Outcome) {
    write_rewritten(engine, id, outcome, RewriteMode::Changed);
}

fn read_for_force_all(engine: &mut Engine, id: ClientId, outcome: Outcome) {
    write_rewritten(engine, id, outcome, RewriteMode::ForceAll);
}

fn write_rewritten(engine: &mut Engine, id: ClientId, outcome: Outcome, mode: RewriteMode) {
    let old_file = match outcome {
        Outcome::Content(content) => content,
        // A file that has been removed is written anew.
        Outcome::Failed(reason) if reason.starts_with("No such file or directory") => Vec::new(),
        Outcome::Failed(reason) => return rewrite_failed(engine, id, &reason),
        _ => Vec::new(),
    };
    let path = config_path(engine).expect("the file that was read has a path");
    let content = engine.config().rewrite(&old_file, &users(engine), mode);
    engine.request(id, rewritten, |action| Action::WriteFile { id: action, path, content });
}

fn rewritten(engine: &mut Engine, id: ClientId, outcome: Outcome) {
    if let Outcome::Failed(reason) = outcome {
        return rewrite_failed(engine, id, &reason);
    }
    engine.log(LogLevel::Warning, "CONFIG REWRITE executed with success.");
    if let Some(client) = engine.clients.get_mut(id) {
        client.reply.ok();
    }
}

fn rewrite_failed(engine: &mut Engine, id: ClientId, reason: &str) {
    engine.log(LogLevel::Warning, format!("CONFIG REWRITE failed: {reason}"));
    engine.reply_error(id, format!("ERR Rewriting config file: {reason}").as_bytes());
}

/// The users as `user` lines describe them; others that the file names are kept as they are.
fn users(engine: &Engine) -> Vec<Vec<u8>> {
    let config = engine.config();
    let named = config.extra.users.iter().filter(|user| user[0] != b"default").map(|user| user.join(&b' '));
    let mut users: Vec<Vec<u8>> = named.collect();
    users.push(config.default_user());
    users.sort();
    users
}

pub fn config_help(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).help(
        "CONFIG",
        &[
            "GET <pattern>",
            "    Return parameters matching the glob-like <pattern> and their values.",
            "SET <directive> <value>",
            "    Set the configuration <directive> to <value>.",
            "RESETSTAT",
            "    Reset statistics reported by the INFO command.",
            "REWRITE",
            "    Rewrite the configuration file.",
        ],
    );
    Ok(Flow::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::engine::client::Peer;
    use crate::engine::turn::Turn;
    use crate::time::Now;

    const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 0 };

    fn engine() -> (Engine, ClientId) {
        let mut config = Config::default();
        config.extra.config_file = Some(b"/etc/a.conf".to_vec());
        let mut engine = Engine::new(config, 1, NOW);
        let client = engine.connect(Peer { loopback: true, ..Peer::default() }, NOW).expect("admitted");
        (engine, client)
    }

    /// Sends lines, completes whatever is asked with `complete`, and gives the replies and what was asked.
    fn send(
        (engine, client): (&mut Engine, ClientId),
        lines: &str,
        mut complete: impl FnMut(&Action) -> Outcome,
    ) -> (String, Vec<Action>) {
        engine.query_buffer(client).extend(lines.as_bytes());
        engine.handle_readable(client, NOW);
        let mut asked = Vec::new();
        while let Some(action) = engine.poll_action() {
            if let Action::Reconfigure { id, .. } | Action::ReadFile { id, .. } | Action::WriteFile { id, .. } = &action
            {
                let outcome = complete(&action);
                engine.complete(*id, outcome, NOW);
                asked.push(action);
            }
        }
        let Turn::Clean(permit) = engine.end_turn(NOW) else { panic!("nothing is journaled") };
        let replies = String::from_utf8(engine.output(client, &permit).to_vec()).expect("text");
        engine.sent(client, replies.len(), NOW);
        (replies, asked)
    }

    fn applies(asked: &[Action]) -> Vec<Apply> {
        let apply = |action: &Action| if let Action::Reconfigure { apply, .. } = action { Some(*apply) } else { None };
        asked.iter().filter_map(apply).collect()
    }

    #[test]
    fn the_driver_is_asked_in_order_and_the_client_waits() {
        let (mut engine, client) = engine();
        let lines = "CONFIG SET hz 20 port 1 bind 127.0.0.1\r\nCONFIG GET hz\r\n";
        let (replies, asked) = send((&mut engine, client), lines, |_| Outcome::Done);
        assert_eq!(replies, "+OK\r\n*2\r\n$2\r\nhz\r\n$2\r\n20\r\n");
        assert_eq!(applies(&asked), [Apply::Port, Apply::Bind]);
        assert_eq!(engine.config().port, 1);
    }

    #[test]
    fn when_the_driver_fails_everything_is_put_back_and_applied_again() {
        let (mut engine, client) = engine();
        let mut failures = 1;
        let complete = |action: &Action| match action {
            Action::Reconfigure { apply: Apply::Bind, .. } if std::mem::take(&mut failures) == 1 => {
                Outcome::Failed("Cannot assign requested address".into())
            }
            _ => Outcome::Done,
        };
        let (replies, asked) = send((&mut engine, client), "CONFIG SET port 1 bind 9.9.9.9 maxmemory 1\r\n", complete);
        let text =
            "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.\r\n";
        assert_eq!(replies, text);
        assert_eq!(applies(&asked), [Apply::Port, Apply::Bind, Apply::Port, Apply::Bind]);
        assert_eq!(engine.config().port, 6379);
        assert_eq!(engine.config().maxmemory, 0);
    }

    #[test]
    fn a_directory_becomes_absolute_or_the_system_says_why_not() {
        let (mut engine, client) = engine();
        engine.config.enable_protected_configs = crate::config::ProtectedAction::Local;
        let here = |_: &Action| Outcome::Content(b"/srv/data".to_vec());
        send((&mut engine, client), "CONFIG SET dir data\r\n", here);
        assert_eq!(engine.config().dir, b"/srv/data");
        let nowhere = |_: &Action| Outcome::Failed("No such file or directory".into());
        let (replies, _) = send((&mut engine, client), "CONFIG SET dir x\r\n", nowhere);
        assert!(replies.ends_with("argument 'dir') - No such file or directory\r\n"), "{replies}");
        assert_eq!(engine.config().dir, b"/srv/data");
    }

    #[test]
    fn a_rewrite_reads_the_file_and_writes_it_before_the_next_command_runs() {
        let (mut engine, client) = engine();
        let complete = |action: &Action| match action {
            Action::ReadFile { .. } => Outcome::Content(b"# top\nhz 10\n".to_vec()),
            _ => Outcome::Done,
        };
        let lines = "CONFIG SET hz 30\r\nCONFIG REWRITE\r\nCONFIG GET hz\r\n";
        let (replies, asked) = send((&mut engine, client), lines, complete);
        assert_eq!(replies, "+OK\r\n+OK\r\n*2\r\n$2\r\nhz\r\n$2\r\n30\r\n");
        let [Action::ReadFile { path, .. }, Action::WriteFile { content, .. }] = asked.as_slice() else {
            panic!("{asked:?}")
        };
        assert_eq!(path, "/etc/a.conf");
        assert!(content.starts_with(b"# top\nhz 30\n"), "{}", content.escape_ascii());
    }

    #[test]
    fn a_rewrite_that_fails_says_why() {
        let (mut engine, client) = engine();
        let full = |action: &Action| match action {
            Action::ReadFile { .. } => Outcome::Content(Vec::new()),
            _ => Outcome::Failed("No space left on device".into()),
        };
        let (replies, _) = send((&mut engine, client), "CONFIG REWRITE\r\n", full);
        assert_eq!(replies, "-ERR Rewriting config file: No space left on device\r\n");
    }
}
