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
use sha2::{Digest, Sha256};

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
    let context = SetContext { local_client: peer.loopback || peer.unix_socket, loading: false };
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
                return Ok(Flow::Block);
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
fn applied(engine: &mut Engine, id: ClientId, outcome: Outcome) {
    let Some(mut pending) = engine.config_changes.remove(&id) else { return };
    let apply = pending.next().expect("a waiting change waits for one of its applies");
    match outcome {
        Outcome::Failed(reason) => pending.fail(engine, apply, Some(reason)),
        Outcome::Content(path) if apply == Apply::Dir => {
            // A relative path was given: the driver knows where that is.
            engine.config.dir = path;
            pending.done += 1;
        }
        Outcome::Done | Outcome::Content(_) => pending.done += 1,
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
    Ok(Flow::Block)
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
        Outcome::Done => Vec::new(),
        // A file that has been removed is written anew.
        Outcome::Failed(reason) if reason.starts_with("No such file or directory") => Vec::new(),
        Outcome::Failed(reason) => return rewrite_failed(engine, id, &reason),
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

/// The users as `user` lines describe them. There is only `default` until there are ACLs; others that the file names
/// are kept as they are.
fn users(engine: &Engine) -> Vec<Vec<u8>> {
    let config = engine.config();
    let named = config.extra.users.iter().filter(|user| user[0] != b"default").map(|user| user.join(&b' '));
    let password = match &config.requirepass {
        Some(password) => {
            Sha256::digest(password).iter().fold(String::from("#"), |hex, byte| format!("{hex}{byte:02x}"))
        }
        None => "nopass".to_owned(),
    };
    let mut users: Vec<Vec<u8>> = named.collect();
    users.push(format!("default on {password} ~* &* +@all").into_bytes());
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
