//! SHUTDOWN. What it sets off is in [`engine::shutdown`](crate::engine::shutdown).

use crate::commands::{Args, CommandError, Flow};
use crate::config::ShutdownFlags;
use crate::engine::Engine;
use crate::engine::client::ClientId;

/// SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]. No reply if it succeeds: the connection ends with the process.
pub fn shutdown(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut flags = ShutdownFlags::empty();
    let mut abort = false;
    for at in 1..args.len() {
        match () {
            () if args.is(at, "nosave") => flags |= ShutdownFlags::NOSAVE,
            () if args.is(at, "save") => flags |= ShutdownFlags::SAVE,
            () if args.is(at, "now") => flags |= ShutdownFlags::NOW,
            () if args.is(at, "force") => flags |= ShutdownFlags::FORCE,
            () if args.is(at, "abort") => abort = true,
            () => return Err(CommandError::Syntax),
        }
    }
    if abort && !flags.is_empty() || flags.contains(ShutdownFlags::SAVE | ShutdownFlags::NOSAVE) {
        return Err(CommandError::Syntax);
    }
    if abort {
        // Nothing here takes so long that it could be called off.
        return Err(CommandError::Text("ERR No shutdown in progress."));
    }
    #[cfg(feature = "lua")]
    if !flags.contains(ShutdownFlags::NOSAVE)
        && let Some(busy) = engine.busy_error()
    {
        return Err(busy);
    }
    engine.end(client, flags)?;
    Ok(Flow::Asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::OwnedArgs;
    use crate::config::{Config, LogLevel};
    use crate::engine::action::Action;
    use crate::engine::client::Peer;
    use crate::engine::shutdown::ShutdownSignal;
    use crate::time::Now;

    fn server() -> (Engine, ClientId) {
        let mut engine = Engine::new(Config::default(), 1, Now::default());
        let client = engine.connect(Peer { loopback: true, ..Peer::default() }, Now::default()).expect("there is room");
        (engine, client)
    }

    fn call(engine: &mut Engine, client: ClientId, args: &[&str]) -> String {
        let reply = engine.run_command(client, OwnedArgs::from_iter(args).as_args(), Now::default());
        String::from_utf8(reply).expect("ASCII")
    }

    fn actions(engine: &mut Engine) -> Vec<Action> {
        std::iter::from_fn(|| engine.poll_action()).collect()
    }

    fn end() -> Vec<Action> {
        vec![Action::Log(LogLevel::Warning, "User requested shutdown...".into()), Action::Exit(0)]
    }

    #[test]
    fn conflicting_and_unknown_words_are_refused() {
        let (mut engine, client) = server();
        for args in [&["FOO"][..], &["NOSAVE", "SAVE"], &["ABORT", "NOSAVE"], &["NOW", "ABORT"]] {
            let args = [&["SHUTDOWN"], args].concat();
            assert_eq!(call(&mut engine, client, &args), "-ERR syntax error\r\n", "{args:?}");
        }
        let refusal = "-ERR No shutdown in progress.\r\n";
        assert_eq!(call(&mut engine, client, &["SHUTDOWN", "ABORT"]), refusal);
        assert_eq!(call(&mut engine, client, &["SHUTDOWN", "abort", "abort"]), refusal);
        assert_eq!(actions(&mut engine), []);
    }

    #[test]
    fn a_shutdown_exits_with_0_and_nothing_runs_after_it() {
        let (mut engine, client) = server();
        engine.query_buffer(client).extend(b"SHUTDOWN NOSAVE\r\nPING\r\n");
        engine.handle_readable(client, Now::default());
        assert_eq!(actions(&mut engine), end());
        let other = engine.connect(Peer { loopback: true, ..Peer::default() }, Now::default()).expect("there is room");
        engine.query_buffer(other).extend(b"COMMAND COUNT\r\n");
        engine.handle_readable(other, Now::default());
        assert!(engine.client(client).reply.is_empty() && engine.client(other).reply.is_empty());
    }

    #[test]
    fn a_signal_ends_the_process_once() {
        let (mut engine, _) = server();
        engine.config.save.clear();
        engine.shutdown(ShutdownSignal::Terminate, Now::default());
        engine.shutdown(ShutdownSignal::Interrupt, Now::default());
        assert!(engine.is_exiting());
        assert_eq!(actions(&mut engine), end());
    }
}
