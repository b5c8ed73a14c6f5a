//! The line that CLIENT LIST, CLIENT INFO and the log print of a connection.
//!
//! All fields of 7.0.15, in its order. Memory is measured as it is here: `rbs` is the
//! capacity of the reply buffer, `tot-mem` the heap behind the client; `obl`, `oll` and `omem` are what the same
//! unsent output would take in Redis.
//!
//! Source: lines printed by 7.0.15.

use super::Engine;
use super::client::{Client, ClientFlags, ClientId, FIRST_BUFFER_BYTES};
use super::pubsub::Subscriptions;

/// Letters of the `flags` field, in order.
const FLAG_LETTERS: &[(ClientFlags, char)] = &[
    (ClientFlags::MONITOR, 'O'),
    (ClientFlags::REPLICA, 'S'),
    (ClientFlags::PUBSUB, 'P'),
    (ClientFlags::MULTI, 'x'),
    (ClientFlags::POSTPONED.union(ClientFlags::BLOCKED), 'b'),
    (ClientFlags::TRACKING, 't'),
    (ClientFlags::TRACKING_BROKEN_REDIRECT, 'R'),
    (ClientFlags::TRACKING_BCAST, 'B'),
    (ClientFlags::DIRTY_WATCH, 'd'),
    (ClientFlags::CLOSE_AFTER_REPLY, 'c'),
    (ClientFlags::UNBLOCKED, 'u'),
    (ClientFlags::CLOSE_ASAP, 'A'),
    (ClientFlags::UNIX_SOCKET, 'U'),
    (ClientFlags::NO_EVICT, 'e'),
];

impl Engine {
    /// Appends a client's line, without an end of line. `argument_bytes`: of the command that it runs right now,
    /// or waits with.
    pub(crate) fn append_client_line(&self, out: &mut Vec<u8>, client: &Client, argument_bytes: usize) {
        let now_s = self.now.unix_s() as i64;
        let append = |out: &mut Vec<u8>, text: std::fmt::Arguments<'_>| {
            use std::io::Write;
            out.write_fmt(text).expect("a vector takes everything");
        };
        append(
            out,
            format_args!(
                "id={} addr={} laddr={} fd={} name=",
                client.id.id, client.peer.address, client.peer.local_address, client.peer.fd
            ),
        );
        out.extend_from_slice(&client.name);
        let subscribed = |count: fn(&Subscriptions) -> usize| client.subscriptions.as_deref().map_or(0, count);
        append(
            out,
            format_args!(
                " age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={}",
                now_s - client.connected_at.unix_s() as i64,
                now_s - client.last_interaction.unix_s() as i64,
                flag_letters(client.flags),
                client.db.0,
                subscribed(|all| all.channels.len()),
                subscribed(|all| all.patterns.len()),
                subscribed(|all| all.shard_channels.len()),
                client.transaction.as_ref().map_or(-1, |transaction| transaction.len() as i64),
            ),
        );
        let (output, blocks, block_bytes) = match client.flags.contains(ClientFlags::REPLICA) {
            false => (client.output_bytes(), client.overflow_blocks(), client.overflow_bytes()),
            true => {
                let (blocks, bytes) = self.replicas.waiting_blocks(client.id, client.output_bytes());
                (0, blocks, bytes)
            }
        };
        let command = client.last_command.map_or("NULL", |command| self.commands.row(command).name);
        append(
            out,
            format_args!(
                " qbuf={} qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={} omem={} tot-mem={} events={} cmd={command} user=",
                client.unparsed_bytes(),
                client.query_free_bytes + client.query.capacity() - client.query.len(),
                argument_bytes + client.parser.argument_bytes(),
                client.transaction.as_ref().map_or(0, |transaction| transaction.heap_bytes()),
                client.reply.buffer.capacity(),
                client.reply_peak_bytes.max(client.reply.len()),
                output.min(FIRST_BUFFER_BYTES),
                blocks,
                block_bytes,
                client.memory_bytes() + client.query_bytes + client.query_free_bytes,
                if is_waiting_for_socket(client) { "rw" } else { "r" },
            ),
        );
        out.extend_from_slice(&client.user);
        let redirect = match client.flags.contains(ClientFlags::TRACKING) {
            true => client.tracking_redirect.map_or(0, |id| id.id as i64),
            false => -1,
        };
        append(out, format_args!(" redir={redirect} resp={}", client.reply.protocol().number()));
    }

    /// A client's line for the log.
    pub(crate) fn client_line_text(&self, id: ClientId) -> String {
        let mut line = Vec::new();
        if let Some(client) = self.clients.get(id) {
            self.append_client_line(&mut line, client, 0);
        }
        String::from_utf8_lossy(&line).into_owned()
    }
}

fn flag_letters(flags: ClientFlags) -> String {
    let letters: String =
        FLAG_LETTERS.iter().filter(|(flag, _)| flags.intersects(*flag)).map(|(_, letter)| letter).collect();
    if letters.is_empty() { "N".to_string() } else { letters }
}

/// Whether output was offered to the socket and some of it is still here.
fn is_waiting_for_socket(client: &Client) -> bool {
    client.sent < client.released && !client.flags.contains(ClientFlags::PENDING_OUTPUT)
}
