//! The libraries in a Lua state, against what 7.0.15 was recorded to answer (`recorded.txt`).
//!
//! In the recording, each line that does not begin with a blank is an expression, or `chunk: ` and a chunk that returns a
//! string. The line below it is what `EVAL` of it answered: for an expression all its values as `show.lua` shows them (or the
//! error), bytes escaped as in Rust. Settings of cjson last from one to the next.

use super::*;
use mlua::{LuaOptions, StdLib};

/// A state with the libraries, as a script has them.
fn state() -> Lua {
    let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH;
    let lua = Lua::new_with(libraries, LuaOptions::new()).expect("Lua starts");
    let globals = lua.globals();
    let guarded: Function = globals.raw_get("__guarded").expect("our Lua has it");
    open_all(&lua, &globals, &guarded).expect("they open");
    lua
}

/// What a chunk named as a script answers: the string that it returns, or its error.
fn answer(lua: &Lua, chunk: &str) -> String {
    let result = lua.load(chunk).set_name("@user_script").eval::<mlua::String>();
    match result {
        Ok(text) => text.as_bytes().escape_ascii().to_string(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn every_recorded_chunk_answers_as_the_real_server_did() {
    let recording = include_str!("recorded.txt");
    let lines: Vec<&str> = recording.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.len() > 100, "the recording is there");
    let lua = state();
    let mut wrong = Vec::new();
    for pair in lines.chunks(2) {
        let [asked, expected] = pair else { panic!("a chunk without an answer: {pair:?}") };
        let chunk = match asked.strip_prefix("chunk: ") {
            Some(chunk) => chunk.to_owned(),
            None => include_str!("show.lua").replace("EXPRESSION", asked),
        };
        let (expected, got) = (expected.trim_start(), answer(&lua, &chunk));
        if got != expected {
            wrong.push(format!("{asked}\n  real {expected}\n  here {got}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn nesting_uses_no_stack_of_this_program() {
    let lua = state();
    let deep = "cjson.decode_max_depth(100000) cjson.encode_max_depth(100000)
        local text = string.rep('[', 7000) .. string.rep(']', 7000)
        return cjson.encode(cjson.decode(text)) == text:gsub('%[%]', '{}') and 'same' or 'other'";
    assert_eq!(answer(&lua, deep), "same");
    assert_eq!(answer(&lua, "return cmsgpack.pack(cmsgpack.unpack(string.rep('\\145', 3000) .. '\\1'))").len(), 17 * 4);
}

#[test]
fn lengths_that_the_input_only_names_take_no_memory() {
    let lua = state();
    let before = lua.used_memory();
    let text = answer(&lua, r#"return select(2, pcall(cmsgpack.unpack, "\221\255\255\255\255"))"#);
    assert_eq!(text, "Missing bytes in input.");
    assert!(lua.used_memory() < before + 100_000);
}
