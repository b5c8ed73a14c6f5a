//! The commands of a log, carried out by the one executor as a client of nobody's, which can't wait and whose replies nobody reads.

use super::super::{Engine, shown};
use super::{LogLoading, PartEnd};
use crate::aof::reader::{CommandReader, Damage, Item};
use crate::commands::row::Run;
use crate::commands::{Args, Flow};
use crate::engine::client::ClientFlags;

/// Commands besides those on data that a log may hold.
const REPLAYED: [&str; 18] = [
    "select",
    "multi",
    "exec",
    "discard",
    "publish",
    "spublish",
    "eval",
    "evalsha",
    "eval_ro",
    "evalsha_ro",
    "fcall",
    "fcall_ro",
    "script|load",
    "script|flush",
    "function|load",
    "function|delete",
    "function|flush",
    "function|restore",
];

impl Engine {
    /// Carries out what is there of a file: how it ended, if it has. Errors: what ends the process.
    pub(super) fn replay_all(
        &mut self,
        log: &mut LogLoading,
        reader: &mut CommandReader,
    ) -> Result<Option<PartEnd>, String> {
        let name = shown(&log.parts[log.at].name);
        loop {
            let offset = reader.offset();
            match reader.next() {
                Ok(Item::Wants) => return Ok(None),
                Ok(Item::Command(args)) => {
                    if args.is(0, "multi") && log.before_multi.is_none() {
                        log.before_multi = Some(log.valid_up_to);
                    } else if args.is(0, "exec") {
                        log.before_multi = None;
                    }
                    self.replay(args).map_err(|reason| {
                        let path = shown(&log.parts[log.at].path);
                        format!("{reason} reading the append only file {name} (file {path}, offset {offset})")
                    })?;
                    log.valid_up_to = reader.offset();
                    log.commands += 1;
                }
                Ok(Item::End) if log.before_multi.is_none() => return Ok(Some(PartEnd::Whole)),
                Ok(Item::End) | Err(Damage::CutShort) => {
                    if let Some(before) = log.before_multi {
                        self.warn(format!("Revert incomplete MULTI/EXEC transaction in AOF file {name}"));
                        log.valid_up_to = before;
                    }
                    return Ok(Some(PartEnd::CutShort(log.valid_up_to)));
                }
                Err(Damage::Format) => {
                    let path = shown(&log.parts[log.at].path);
                    return Err(format!(
                        "Bad file format reading the append only file {name}: make a backup of your AOF file, then use \
                         ./redis-check-aof --fix <filename.manifest> (file {path}, offset {})",
                        reader.position()
                    ));
                }
            }
        }
    }

    /// Runs one command of the log. Errors: why it can't be run.
    fn replay(&mut self, args: Args<'_>) -> Result<(), String> {
        let unknown = || format!("Unknown command '{}'", shown(args.at(0)));
        let command = self.find_command(args).ok_or_else(unknown)?;
        let row = self.commands.row(command);
        if !row.arity.accepts(args.len()) || matches!(row.run, Run::Container) {
            return Err(format!("Wrong number of arguments for command '{}'", shown(args.at(0))));
        }
        if !matches!(row.run, Run::Data(_)) && !REPLAYED.contains(&row.name) {
            return Err(format!("Unexpected command '{}'", shown(args.at(0))));
        }
        let id = self.clients.replayer();
        if self.client(id).flags.contains(ClientFlags::MULTI) && row.name != "exec" {
            self.queue_command(id, command, args);
        } else {
            self.client_mut(id).last_command = Some(command);
            let start = self.client(id).reply_start();
            let (flow, _) = self.call(id, command, args, start);
            debug_assert!(matches!(flow, Flow::Done), "{} waits, and nothing replayed may", row.name);
        }
        let client = self.client_mut(id);
        let error = match &client.reply.buffer[..] {
            [b'-', text @ ..] => Some(shown(text.trim_ascii_end())),
            _ => None,
        };
        client.reply.truncate(0);
        if let Some(error) = error {
            let name = row.name;
            self.warn(format!(
                "== CRITICAL == This AOF-loading-client is sending an error to its server: '{error}' after processing the \
                 command '{name}'"
            ));
        }
        Ok(())
    }
}
