//! The scripting family: EVAL and its like, and SCRIPT. What they do is `script/`.

pub mod function;
pub mod rows;

pub use function::*;

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;

/// `EVAL script numkeys [key…] [arg…]`. Errors: the script is not sound, may not run, or fails.
pub fn eval(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.eval(id, args, false)
}

/// `EVAL_RO`: EVAL of a script that must not write.
pub fn eval_ro(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.eval(id, args, true)
}

/// `EVALSHA sha1 numkeys [key…] [arg…]`. Errors: the script is not known, or those of EVAL.
pub fn evalsha(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.evalsha(id, args, false)
}

/// `EVALSHA_RO`: EVALSHA of a script that must not write.
pub fn evalsha_ro(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.evalsha(id, args, true)
}

/// `SCRIPT LOAD script`. O(length). Errors: the script is not sound.
pub fn script_load(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let script = engine.load_script(args.at(2))?;
    engine.reply(id).bulk(&script);
    Ok(Flow::Done)
}

/// `SCRIPT EXISTS sha1…`. O(log n) each.
pub fn script_exists(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).array(args.len() - 2);
    for name in args.from(2).iter() {
        let known = engine.knows_script(name);
        engine.reply(id).flag(known);
    }
    Ok(Flow::Done)
}

/// `SCRIPT FLUSH [ASYNC|SYNC]`. O(scripts). Errors: another word.
pub fn script_flush(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let fine = args.len() == 2 || args.len() == 3 && (args.is(2, "sync") || args.is(2, "async"));
    if !fine {
        return Err(CommandError::Text("ERR SCRIPT FLUSH only support SYNC|ASYNC option"));
    }
    engine.flush_scripts();
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `SCRIPT KILL`. Errors: nothing runs that could be killed.
pub fn script_kill(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.kill_script(false)?;
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `SCRIPT DEBUG`. There is no debugger: NO is the only mode. Errors: any other; replies before it have not left yet.
pub fn script_debug(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    if engine.client(id).output_bytes() > 0 {
        return Err(CommandError::Text("ERR SCRIPT DEBUG must be called outside a pipeline"));
    }
    if args.is(2, "no") {
        engine.reply(id).ok();
        return Ok(Flow::Done);
    }
    if args.is(2, "yes") || args.is(2, "sync") {
        return Err(CommandError::NotSupported("the Lua debugger"));
    }
    Err(CommandError::Text("ERR Use SCRIPT DEBUG YES/SYNC/NO"))
}

/// `SCRIPT HELP`.
pub fn script_help(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).help("SCRIPT", SCRIPT_HELP);
    Ok(Flow::Done)
}

const SCRIPT_HELP: &[&str] = &[
    "DEBUG (YES|SYNC|NO)",
    "    Set the debug mode for subsequent scripts executed.",
    "EXISTS <sha1> [<sha1> ...]",
    "    Return information about the existence of the scripts in the script cache.",
    "FLUSH [ASYNC|SYNC]",
    "    Flush the Lua scripts cache. Very dangerous on replicas.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the scripts cache.",
    "    * SYNC: Synchronously flush the scripts cache.",
    "KILL",
    "    Kill the currently executing Lua script.",
    "LOAD <script>",
    "    Load a script into the scripts cache without executing it.",
];
