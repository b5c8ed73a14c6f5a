//! Connections that end because they broke the protocol or outgrew a limit.
//!
//! | limit | looked at | ends |
//! |---|---|---|
//! | protocol | by the parser | after one error reply |
//! | `client-query-buffer-limit` | when input arrived: what is not parsed, or one argument, is longer | at once |
//! | `client-output-buffer-limit` | when a request ends, and now and then | at once, output is dropped |
//! | 1 KiB beyond the first buffer, unauthenticated | with the former | likewise |
//!
//! Output is measured as Redis does ([`Client::overflow_bytes`](super::client::Client::overflow_bytes)): the first 16
//! KiB are free, the rest counts in blocks. A replica's is the stream that waits for it
//! ([`Replicas::waiting_blocks`](super::replicas::Replicas::waiting_blocks)), also while it gets its copy.

use super::Engine;
use super::client::{ClientFlags, ClientId};
use crate::config::LogLevel;
use crate::resp::ProtocolError;

/// Output that a client which has not authenticated may leave unread.
const UNAUTHENTICATED_OUTPUT_BYTES_MAX: usize = 1024;

impl Engine {
    /// Answers a violation of the protocol; the connection closes once that is sent. `data`: where it stands.
    #[cold]
    pub(super) fn fail_protocol(&mut self, id: ClientId, error: ProtocolError, data: &[u8]) {
        let mut text = b"ERR Protocol error: ".to_vec();
        error.append_text(&mut text);
        self.stats.protocol_errors += 1;
        let start = self.client(id).reply_start();
        self.reply_error(id, &text);
        self.client_mut(id).mute(start);
        if self.logs(LogLevel::Verbose) {
            let client = self.client_line_text(id);
            let sample = sample_of(data);
            let reason = error.log_text();
            self.log(LogLevel::Verbose, format!("Protocol error ({reason}) from client: {client}. {sample}"));
        }
        self.client_mut(id).flags.insert(ClientFlags::CLOSE_AFTER_REPLY);
    }

    /// Closes a client that sent more than `client-query-buffer-limit` without completing a request.
    #[cold]
    pub(super) fn close_for_query_limit(&mut self, id: ClientId) {
        const SHOWN_BYTES: usize = 64;
        self.stats.client_query_buffer_limit_disconnections += 1;
        let line = self.client_line_text(id);
        let client = self.client_mut(id);
        client.flags.insert(ClientFlags::CLOSE_ASAP);
        let begin = client.query.data().get(client.parser.parsed_bytes()..).unwrap_or_default();
        let begin = crate::config::quoted(&begin[..begin.len().min(SHOWN_BYTES)]);
        let begin = String::from_utf8_lossy(&begin).into_owned();
        let text = format!("Closing client that reached max query buffer length: {line} (qbuf initial bytes: {begin})");
        self.log(LogLevel::Warning, text);
    }

    /// Has a client closed whose output exceeds what it may leave unread.
    #[inline]
    pub(crate) fn check_output_limit(&mut self, id: ClientId) {
        if self.may_exceed_output_limit(id) && self.exceeds_output_limit(id) {
            self.schedule_close(id);
        }
    }

    /// The same, at once. For the cron, which looks at clients that nothing happens to: their soft limits run out.
    pub(super) fn enforce_output_limit(&mut self, id: ClientId) {
        if !self.may_exceed_output_limit(id) || !self.exceeds_output_limit(id) {
            return;
        }
        if self.is_suspended(id) || self.script_runs_for(id) {
            return self.schedule_close(id);
        }
        let line = self.client_line_text(id);
        self.drop_client(id);
        self.log(LogLevel::Warning, format!("Client {line} closed for overcoming of output buffer limits."));
    }

    /// Whether it has output that counts at all.
    #[inline]
    fn may_exceed_output_limit(&mut self, id: ClientId) -> bool {
        let Some(client) = self.clients.get_mut(id) else { return false };
        let counts = client.overflow_bytes() > 0 || client.flags.contains(ClientFlags::REPLICA);
        if !counts {
            client.soft_limit_since_s = None;
        }
        counts
    }

    #[cold]
    fn exceeds_output_limit(&mut self, id: ClientId) -> bool {
        let client = self.client(id);
        let (flags, output_bytes) = (client.flags, client.output_bytes());
        let bytes = match flags.contains(ClientFlags::REPLICA) {
            true => self.replicas.waiting_blocks(id, output_bytes).1,
            false => client.overflow_bytes(),
        };
        let class = match flags {
            flags if flags.contains(ClientFlags::REPLICA) => 1,
            flags if flags.contains(ClientFlags::PUBSUB) => 2,
            _ => 0,
        };
        let mut limit = self.config.client_output_buffer_limit[class];
        if class == 1 && limit.hard_bytes > 0 {
            // Less than the backlog would not do: a partial copy may be that long.
            limit.hard_bytes = limit.hard_bytes.max(self.config.repl_backlog_size);
        }
        let unauthenticated = bytes > UNAUTHENTICATED_OUTPUT_BYTES_MAX && self.auth_required(id);
        let now_s = self.now.monotonic_us / 1_000_000;
        let client = self.client_mut(id);
        let hard = limit.hard_bytes > 0 && bytes as u64 >= limit.hard_bytes;
        let mut soft = limit.soft_bytes > 0 && bytes as u64 >= limit.soft_bytes;
        if soft {
            let since_s = *client.soft_limit_since_s.get_or_insert(now_s);
            soft = now_s.saturating_sub(since_s) > limit.soft_seconds.max(0) as u64;
        } else {
            client.soft_limit_since_s = None;
        }
        let exceeds = (hard || soft || unauthenticated) && !client.flags.contains(ClientFlags::CLOSE_ASAP);
        self.stats.client_output_buffer_limit_disconnections += u64::from(exceeds);
        exceeds
    }

    #[cold]
    fn schedule_close(&mut self, id: ClientId) {
        let line = self.client_line_text(id);
        self.client_mut(id).flags.insert(ClientFlags::CLOSE_ASAP);
        self.mark_pending(id);
        let text = format!("Client {line} scheduled to be closed ASAP for overcoming of output buffer limits.");
        self.log(LogLevel::Warning, text);
    }
}

/// What the log shows of the bytes that broke the protocol.
fn sample_of(data: &[u8]) -> String {
    const SHOWN_BYTES: usize = 128;
    let printable = |bytes: &[u8]| -> String {
        let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        bytes[..end].iter().map(|&b| if (0x20..0x7f).contains(&b) { b as char } else { '.' }).collect()
    };
    if data.len() < SHOWN_BYTES {
        return format!("Query buffer during protocol error: '{}'", printable(data));
    }
    let half = SHOWN_BYTES / 2;
    format!(
        "Query buffer during protocol error: '{}' (... more {} bytes ...) '{}'",
        printable(&data[..half]),
        data.len() - SHOWN_BYTES,
        printable(&data[data.len() - half..])
    )
}
