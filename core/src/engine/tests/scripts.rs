//! Scripts that run for too long, with a driver whose clock goes on with every look at it; and ways out of the sandbox.

use std::sync::{Arc, Mutex};

use super::*;
use crate::script::interrupt::Interrupt;

/// A driver that says the next of its lines in each turn, for a second client, and keeps the answers.
struct Impatient {
    now: Now,
    other: ClientId,
    lines: Vec<&'static str>,
    answers: Arc<Mutex<Vec<String>>>,
}

impl Interrupt for Impatient {
    fn now(&mut self) -> Now {
        self.now.monotonic_us += 60_000;
        self.now.unix_us += 60_000;
        self.now
    }

    fn turn(&mut self, engine: &mut Engine) {
        if self.lines.is_empty() {
            return;
        }
        let line = self.lines.remove(0);
        engine.query_buffer(self.other).extend(line.as_bytes());
        engine.handle_readable(self.other, self.now);
        let permit = match engine.end_turn(self.now) {
            Turn::Clean(permit) => permit,
            Turn::Journal(_) => unreachable!("there is no log"),
        };
        while let Some(id) = engine.next_writable(&permit) {
            let output = engine.output(id, &permit).to_vec();
            engine.sent(id, output.len(), self.now);
            if id == self.other {
                self.answers.lock().expect("one thread").push(output.escape_ascii().to_string());
            }
        }
    }
}

/// Runs a script whose driver says `lines` to it. The script's reply and the others' answers.
fn interrupted(script: &str, lines: &[&'static str]) -> (World, String, Vec<String>) {
    let mut world = World::with(Config { busy_reply_threshold: 100, ..Config::default() });
    let (client, other) = (world.connect(), world.connect());
    let answers = Arc::new(Mutex::new(Vec::new()));
    let driver = Impatient { now: world.now, other, lines: lines.to_vec(), answers: answers.clone() };
    world.engine.set_interrupt(Box::new(driver));
    world.arrive(client, request(&["EVAL", script, "0"]).as_bytes());
    // The driver's clock is ahead now.
    world.now.monotonic_us += 60_000_000_000;
    world.now.unix_us += 60_000_000_000;
    world.turn();
    let reply = world.take(client);
    let answers = answers.lock().expect("one thread").clone();
    (world, reply, answers)
}

fn request(words: &[&str]) -> String {
    let words: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{words}", words.matches("\r\n").count() / 2)
}

/// Runs a script in a fresh engine.
fn eval(world: &mut World, client: ClientId, script: &str) -> String {
    let args = crate::commands::OwnedArgs::from_iter(["EVAL", script, "0"]);
    let reply = world.engine.run_command(client, args.as_args(), world.now);
    reply.escape_ascii().to_string()
}

const BUSY: &str = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\\r\\n";

#[test]
fn a_script_that_runs_for_too_long_can_be_killed_and_others_are_told_busy() {
    let (mut world, reply, answers) =
        interrupted("while true do end", &["PING\r\n", "FUNCTION KILL\r\n", "SCRIPT KILL\r\n"]);
    assert_eq!(answers, [BUSY, BUSY, "+OK\\r\\n"]);
    assert!(reply.starts_with("-ERR Script killed by user with SCRIPT KILL... script: "), "{reply}");
    assert!(reply.ends_with(", on @user_script:1.\\r\\n"), "{reply}");
    assert!(world.log.iter().any(|line| line.starts_with("Slow script detected: ")), "{:?}", world.log);
    let client = world.connect();
    assert_eq!(world.ask(client, "PING\r\n"), "+PONG\\r\\n");
    assert_eq!(eval(&mut world, client, "local n = 0 for i = 1, 1000 do n = n + 1 end return n"), ":1000\\r\\n");
}

#[test]
fn a_script_that_catches_its_errors_is_killed_all_the_same() {
    let (_, reply, _) =
        interrupted("while true do\n pcall(function() while true do end end)\nend", &["SCRIPT KILL\r\n"]);
    assert!(reply.starts_with("-ERR Script killed by user"), "{reply}");
}

#[test]
fn a_script_in_a_coroutine_is_killed_all_the_same() {
    let script = "coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()";
    let (_, reply, _) = interrupted(script, &["SCRIPT KILL\r\n"]);
    assert!(reply.starts_with("-ERR Script killed by user"), "{reply}");
}

#[test]
fn a_script_that_has_written_can_not_be_killed() {
    let script = "redis.call('set', 'a', '1') for i = 1, 2000000 do end return 'through'";
    let (_, reply, answers) = interrupted(script, &["SCRIPT KILL\r\n", "GET a\r\n"]);
    assert!(answers[0].starts_with("-UNKILLABLE Sorry the script already executed write commands"), "{answers:?}");
    assert_eq!(answers[1], BUSY);
    assert_eq!(reply, "$7\\r\\nthrough\\r\\n");
}

#[test]
fn a_short_script_is_not_interrupted() {
    let (_, reply, answers) = interrupted("return 1", &["PING\r\n"]);
    assert_eq!((reply.as_str(), answers.len()), (":1\\r\\n", 0));
}

#[test]
fn nothing_leads_out_of_the_sandbox() {
    let mut world = World::new();
    let client = world.connect();
    let absent = [
        "io",
        "os",
        "debug",
        "package",
        "require",
        "module",
        "dofile",
        "loadfile",
        "print",
        "getfenv",
        "setfenv",
        "newproxy",
        "__guarded",
        "__readonly",
        "__run",
        "__reporter",
        "__memory_max",
    ];
    for name in absent {
        let reply = eval(&mut world, client, &format!("return {name}"));
        assert!(reply.contains("attempted to access nonexistent global variable"), "{name}: {reply}");
        assert_eq!(eval(&mut world, client, &format!("return rawget(_G, '{name}')")), "$-1\\r\\n", "{name}");
    }
    let readonly = [
        "redis.call = 1",
        "string.rep = nil",
        "leak = 1",
        "rawset(_G, 'leak', 1)",
        "setmetatable(_G, nil)",
        "setmetatable(redis, {})",
        "getmetatable(_G).__index = nil",
        "getmetatable('').__index = nil",
        "getmetatable('').__gc = print",
        "table.insert(redis, 1)",
        "table.sort(_G)table.insert(_G,1)",
        "table.setn(redis, 1) rawset(redis, 1, 1)",
        "for name in pairs(redis) do redis[name] = nil end",
        "KEYS = {}",
    ];
    for script in readonly {
        let reply = eval(&mut world, client, script);
        assert!(reply.starts_with('-'), "{script}: {reply}");
    }
    assert_eq!(eval(&mut world, client, "return tostring(rawget(_G, 'leak'))"), "$3\\r\\nnil\\r\\n");
    assert_eq!(eval(&mut world, client, "return redis.call('ping')"), "+PONG\\r\\n");
}

#[test]
fn binary_chunks_are_not_loaded() {
    let mut world = World::new();
    let client = world.connect();
    for load in ["loadstring(code)", "load(function() local c = code code = nil return c end)"] {
        let script = format!("local code = string.dump(function() return 1 end) return tostring(({load}))");
        assert_eq!(eval(&mut world, client, &script), "$3\\r\\nnil\\r\\n", "{load}");
    }
}

#[test]
fn bombs_end_the_script_and_not_the_process() {
    let mut world = World::new();
    let client = world.connect();
    assert_eq!(eval(&mut world, client, "return 1"), ":1\\r\\n");
    world.engine.limit_script_memory(32 << 20);
    let bombs = [
        "return #string.rep('x', 1e9)",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "return #('x'):rep(1e8):gsub('x', 'yyyyyyyyyyyyyyyyyyyy')",
        "return table.concat({}, ('x'):rep(1e8))",
        "local function f() return f() + 1 end return f()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
        "return string.find(('a'):rep(100000), ('a?'):rep(100000) .. 'b')",
        "return tostring(loadstring('return ' .. ('('):rep(100000) .. '1' .. (')'):rep(100000)) or error('no'))",
        "return unpack({}, 1, 1e8)",
        "return {unpack({}, -2147483648, 2147483647)}",
        "collectgarbage('stop') while true do local t = {} end",
        "local co = coroutine.wrap(function() while true do coroutine.yield(('x'):rep(1e7)) end end) \
         local t = {} while true do t[#t + 1] = co() .. #t end",
        "local function f() return coroutine.wrap(f)() end return f()",
        "local function f(x) return (x:gsub('.', f)) end return f('x')",
        "local function f() return pcall(f) end local t = {f()} return error('came back')",
        "return cjson.decode(('['):rep(1000000))",
        "cjson.decode_max_depth(1e9) return cjson.decode(('['):rep(1000000) .. (']'):rep(1000000))",
        "cjson.encode_max_depth(1e9) local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)",
        "return cmsgpack.unpack(('\\145'):rep(1000000) .. '\\1')",
        "return cmsgpack.unpack('\\221\\127\\255\\255\\255')",
        "return cmsgpack.unpack('\\223\\127\\255\\255\\255\\1\\1')",
        "return cmsgpack.unpack('\\219\\127\\255\\255\\255')",
        "return struct.unpack('c2000000000', 'x')",
        "return struct.pack(('i'):rep(1e7), 1)",
        "return ('x'):rep(1e6):find(('('):rep(100))",
        "return table.concat(setmetatable({}, {__index = function() return ('x'):rep(1e7) end}), '', 1, 1e6)",
        "return redis.call('set', 'k', ('x'):rep(1e9))",
        "return redis.sha1hex(('x'):rep(1e9))",
    ];
    for bomb in bombs {
        let reply = eval(&mut world, client, bomb);
        assert!(reply.starts_with('-'), "{bomb}: {}", &reply[..reply.len().min(100)]);
    }
    // What they held is free again.
    assert_eq!(eval(&mut world, client, "return #string.rep('x', 1e7)"), ":10000000\\r\\n");
}

#[test]
fn a_clone_runs_scripts_by_itself() {
    let mut world = World::new();
    let client = world.connect();
    assert_eq!(eval(&mut world, client, "return redis.call('incr', 'n')"), ":1\\r\\n");
    let mut clone = world.engine.clone();
    assert_eq!(eval(&mut world, client, "return redis.call('incr', 'n')"), ":2\\r\\n");
    let args = crate::commands::OwnedArgs::from_iter(["EVAL", "return redis.call('incr', 'n')", "0"]);
    assert_eq!(clone.run_command(client, args.as_args(), world.now), b":2\r\n");
}
