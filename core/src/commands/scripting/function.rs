//! FUNCTION, FCALL and FCALL_RO. What they do is `script/function.rs`.

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::glob;
use crate::resp::Reply;
use crate::script::function::RestorePolicy;
use crate::script::library::Library;
use crate::script::shebang::NAMES;

/// `FCALL function numkeys [key…] [arg…]`. Errors: there is no such function, it may not run, or it fails.
pub fn fcall(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.fcall(id, args, false)
}

/// `FCALL_RO`: FCALL of a function that must not write.
pub fn fcall_ro(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.fcall(id, args, true)
}

/// `FUNCTION LOAD [REPLACE] code`. O(length). Errors: the code is not sound, or names are taken.
pub fn function_load(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let last = args.len() - 1;
    let mut replace = false;
    for at in 2..last {
        if !args.is(at, "replace") {
            let text = [b"ERR Unknown option given: ", args.at(at)].concat();
            return Err(CommandError::formatted(text));
        }
        replace = true;
    }
    let name = engine.load_library(args.at(last), replace)?;
    engine.reply(id).bulk(&name);
    Ok(Flow::Done)
}

/// `FUNCTION DELETE library`. Errors: there is no such library.
pub fn function_delete(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.delete_library(args.at(2))?;
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `FUNCTION FLUSH [ASYNC|SYNC]`. Errors: another word.
pub fn function_flush(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() > 3 {
        return Err(too_many(args));
    }
    if args.len() == 3 && !args.is(2, "sync") && !args.is(2, "async") {
        return Err(CommandError::Text("ERR FUNCTION FLUSH only supports SYNC|ASYNC option"));
    }
    engine.flush_libraries();
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// What subcommands say of more arguments than they know.
fn too_many(args: Args<'_>) -> CommandError {
    let text = [b"ERR unknown subcommand or wrong number of arguments for '", args.at(1), b"'. Try FUNCTION HELP."];
    CommandError::formatted(text.concat())
}

/// `FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]`. O(functions). Errors: another word, or one twice.
pub fn function_list(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let (mut pattern, mut with_code) = (None, false);
    let mut at = 2;
    while at < args.len() {
        if !with_code && args.is(at, "withcode") {
            with_code = true;
        } else if pattern.is_none() && args.is(at, "libraryname") {
            at += 1;
            let given = args.get(at).ok_or(CommandError::Text("ERR library name argument was not given"))?;
            pattern = Some(given);
        } else {
            return Err(CommandError::formatted([b"ERR Unknown argument ", args.at(at)].concat()));
        }
        at += 1;
    }
    let mut listed = Reply::new(engine.client(id).reply.protocol());
    let mut count = 0;
    for (name, library) in engine.scripts.libraries.iter() {
        if pattern.is_none_or(|pattern| glob::matches(pattern, name, true)) {
            describe(&mut listed, name, library, with_code);
            count += 1;
        }
    }
    let reply = engine.reply(id);
    reply.array(count);
    reply.raw(listed.bytes());
    Ok(Flow::Done)
}

fn describe(reply: &mut Reply, name: &[u8], library: &Library, with_code: bool) {
    reply.map(3 + usize::from(with_code));
    reply.bulk(b"library_name");
    reply.bulk(name);
    reply.bulk(b"engine");
    reply.bulk(b"LUA");
    reply.bulk(b"functions");
    reply.array(library.functions.len());
    for function in &library.functions {
        reply.map(3);
        reply.bulk(b"name");
        reply.bulk(&function.name);
        reply.bulk(b"description");
        match &function.description {
            Some(description) => reply.bulk(description),
            None => reply.null(),
        }
        reply.bulk(b"flags");
        let flags = NAMES.iter().filter(|(_, flag)| function.flags.contains(*flag));
        reply.set(flags.clone().count());
        flags.for_each(|(name, _)| reply.status(name));
    }
    if with_code {
        reply.bulk(b"library_code");
        reply.bulk(&library.code);
    }
}

/// `FUNCTION STATS`.
pub fn function_stats(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let now_us = engine.now.monotonic_us;
    if engine.scripts.running.as_ref().is_some_and(|running| running.words.is_none()) {
        return Err(engine.busy_error().unwrap_or(CommandError::NotSupported("FUNCTION STATS inside of a script")));
    }
    let running = engine.scripts.running.as_ref().and_then(|running| {
        let words = running.words.clone()?;
        Some((running.name.bytes().to_vec(), words, now_us.saturating_sub(running.started_us) / 1000))
    });
    let (libraries, functions) = (engine.scripts.libraries.iter().len(), engine.scripts.libraries.function_count());
    let reply = engine.reply(id);
    reply.map(2);
    reply.bulk(b"running_script");
    match running {
        None => reply.null(),
        Some((name, words, duration_ms)) => {
            reply.map(3);
            reply.bulk(b"name");
            reply.bulk(&name);
            reply.bulk(b"command");
            reply.array(words.as_args().len());
            words.as_args().iter().for_each(|word| reply.bulk(word));
            reply.bulk(b"duration_ms");
            reply.integer(duration_ms as i64);
        }
    }
    reply.bulk(b"engines");
    reply.map(1);
    reply.bulk(b"LUA");
    reply.map(2);
    reply.bulk(b"libraries_count");
    reply.count(libraries);
    reply.bulk(b"functions_count");
    reply.count(functions);
    Ok(Flow::Done)
}

/// `FUNCTION DUMP`. O(code).
pub fn function_dump(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let payload = engine.dump_libraries();
    engine.reply(id).bulk(&payload);
    Ok(Flow::Done)
}

/// `FUNCTION RESTORE payload [FLUSH|APPEND|REPLACE]`. O(code). Errors: the payload is not sound, or names are taken.
pub fn function_restore(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() > 4 {
        return Err(too_many(args));
    }
    let policy = match () {
        () if args.len() == 3 || args.is(3, "append") => RestorePolicy::Append,
        () if args.is(3, "replace") => RestorePolicy::Replace,
        () if args.is(3, "flush") => RestorePolicy::Flush,
        () => {
            return Err(CommandError::Text(
                "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
            ));
        }
    };
    engine.restore_libraries(args.at(2), policy)?;
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `FUNCTION KILL`. Errors: nothing runs that could be killed.
pub fn function_kill(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.kill_script(true)?;
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `FUNCTION HELP`.
pub fn function_help(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).help("FUNCTION", HELP);
    Ok(Flow::Done)
}

const HELP: &[&str] = &[
    "LOAD [REPLACE] <FUNCTION CODE>",
    "    Create a new library with the given library name and code.",
    "DELETE <LIBRARY NAME>",
    "    Delete the given library.",
    "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
    "    Return general information on all the libraries:",
    "    * Library name",
    "    * The engine used to run the Library",
    "    * Library description",
    "    * Functions list",
    "    * Library code (if WITHCODE is given)",
    "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
    "STATS",
    "    Return information about the current function running:",
    "    * Function name",
    "    * Command used to run the function",
    "    * Duration in MS that the function is running",
    "    If no function is running, return nil",
    "    In addition, returns a list of available engines.",
    "KILL",
    "    Kill the current running function.",
    "FLUSH [ASYNC|SYNC]",
    "    Delete all the libraries.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the libraries.",
    "    * SYNC: Synchronously flush the libraries.",
    "DUMP",
    "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
    "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
    "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
    "    control how to handle existing libraries (default APPEND):",
    "    * FLUSH: delete all existing libraries.",
    "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
    "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
    "      libraries with the new libraries (notice that even on this option there is a chance of failure",
    "      in case of functions name collision with another library).",
];
