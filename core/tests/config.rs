//! The configuration against recordings of redis-server 7.0.15 (`tests/data/config_*.txt`, made by
//! `conformance/recorders/config.py`): defaults, every recorded CONFIG SET, files and command lines, rewriting.

use etalon_core::config::*;
use std::collections::BTreeMap;

const RECORDED_GET: &str = include_str!("data/config_get.txt");
const RECORDED_SET: &str = include_str!("data/config_set.txt");
const RECORDED_FILES: &[u8] = include_bytes!("data/config_files.txt");

const LOCAL: SetContext = SetContext { local_client: true, loading: false };

/// The configuration of the recorded server, from the options in the second line.
fn recorded_server(recording: &str) -> Config {
    let options = recording.lines().nth(1).and_then(|line| line.strip_prefix("# ")).expect("options");
    let options: Vec<Vec<u8>> = options.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    let Invocation::Start(command_line) = parse_command_line(&options) else { panic!("no plain start") };
    let mut config = Config::default();
    config.load(&command_line, &mut NoFiles).expect("the recorded server started");
    config
}

fn show(text: &[u8]) -> String {
    String::from_utf8(quoted(text)).expect("quoted text is ASCII")
}

#[test]
fn every_name_and_default_is_the_recorded_one() {
    let config = recorded_server(RECORDED_GET);
    let mut recorded: BTreeMap<String, String> = BTreeMap::new();
    for line in RECORDED_GET.lines().skip(2) {
        let (name, value) = line.split_once(' ').expect("name and value");
        recorded.insert(name.to_owned(), value.to_owned());
        let ours = config.get(&[name.as_bytes()]);
        assert_eq!(ours.len(), 1, "{name}");
        assert_eq!(show(&ours[0].1), value, "{name}");
    }
    let names = |directive: &'static Directive| [Some(directive.name), directive.alias].into_iter().flatten();
    for name in DIRECTIVES.iter().flat_map(names) {
        assert!(recorded.contains_key(name), "{name} does not exist in 7.0.15");
    }
    assert_eq!(recorded.len(), DIRECTIVES.iter().flat_map(names).count());
}

/// What the world around the recorded server did: read off the recorded reply.
fn recorded_failure(reply: &str, change: &Change) -> Option<(Apply, Option<Refusal>)> {
    let (name, reason) = reply.split_once("argument '")?.1.split_once("') - ")?;
    let directive = change.directives().find(|directive| {
        directive.name.eq_ignore_ascii_case(name)
            || directive.alias.is_some_and(|alias| alias.eq_ignore_ascii_case(name))
    })?;
    let apply = directive.apply.filter(|apply| change.applies().any(|one| one == *apply))?;
    let from_system = apply.shows_system_text()
        && (reason.starts_with("The operating system is not able") || reason == "No such file or directory");
    if from_system {
        return Some((apply, Some(reason.to_owned().into())));
    }
    (reason == apply.failure_text()).then_some((apply, None))
}

/// Runs one CONFIG SET in the world that the recorded reply tells of.
fn set(config: &mut Config, words: &[Vec<u8>], recorded_reply: &str) -> String {
    if !words.len().is_multiple_of(2) {
        return "ERR syntax error".into();
    }
    let pairs: Vec<(&[u8], &[u8])> = words.chunks(2).map(|pair| (&pair[0][..], &pair[1][..])).collect();
    let error = match config.set_many(&pairs, LOCAL) {
        Err(error) => error,
        Ok(change) => match recorded_failure(recorded_reply, &change) {
            Some((apply, reason)) => change.undo(config, apply, reason),
            None => return "OK".into(),
        },
    };
    format!("ERR {}", error.message().iter().map(|byte| char::from(*byte)).collect::<String>())
}

#[test]
fn every_recorded_config_set_gives_the_same_reply_and_value() {
    let mut config = recorded_server(RECORDED_SET);
    let (mut tries, mut accepted, mut differences) = (0, 0, Vec::new());
    for line in RECORDED_SET.lines().skip(2) {
        let [sent, reply, values] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("three columns: {line}") };
        let words = split_args(sent.as_bytes()).expect("quoted words");
        let reply = split_args(reply.as_bytes()).expect("quoted reply").remove(0);
        let reply: String = reply.into_iter().map(char::from).collect();
        let ours = set(&mut config, &words, &reply);
        tries += 1;
        accepted += usize::from(reply == "OK");
        let after: Vec<String> = words
            .chunks(2)
            .map(|pair| config.get(&[&pair[0]]).first().map_or("-".into(), |(_, value)| show(value)))
            .collect();
        if ours != reply || after.join(" ") != values {
            differences.push(format!("{sent}\n  real {reply} {values}\n  ours {ours} {}", after.join(" ")));
        }
    }
    assert!(differences.is_empty(), "{} of {tries} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(
        tries > 3000 && accepted > 800 && tries - accepted > 1500,
        "{tries} tries, {accepted} accepted: a thin recording"
    );
}

/// One recorded case: its parts, head and body.
struct Case {
    name: String,
    parts: Vec<(String, Vec<u8>)>,
}

fn recorded_cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in RECORDED_FILES.split_inclusive(|byte| *byte == b'\n').skip(1) {
        let head = |prefix: &[u8]| {
            line.strip_prefix(prefix).map(|head| String::from_utf8_lossy(head.trim_ascii_end()).into_owned())
        };
        if let Some(name) = head(b"=== ") {
            cases.push(Case { name, parts: Vec::new() });
        } else if let Some(head) = head(b"--- ") {
            cases.last_mut().expect("a part belongs to a case").parts.push((head, Vec::new()));
        } else {
            cases
                .last_mut()
                .and_then(|case| case.parts.last_mut())
                .expect("a line belongs to a part")
                .1
                .extend_from_slice(line);
        }
    }
    cases
}

/// `\n`, `\xHH` and the like, as in the recorder's language.
fn unescape(text: &[u8]) -> Vec<u8> {
    let text = [b"\"", text.strip_suffix(b"\n").unwrap_or(text), b"\""].concat();
    split_args(&text).expect("escapes only").remove(0)
}

/// The directory of a case, as an environment.
struct World {
    files: BTreeMap<Vec<u8>, Vec<u8>>,
    stdin: Vec<u8>,
}

impl Environment for World {
    fn read_files(&mut self, path: &[u8]) -> Result<Vec<IncludedFile>, LoadError> {
        if path.iter().any(|byte| b"*?[".contains(byte)) {
            let matching = self.files.iter().filter(|(name, _)| etalon_core::glob::matches(path, name, false));
            return Ok(matching.map(|(_, contents)| contents.clone()).collect());
        }
        match self.files.get(path) {
            Some(contents) => Ok(vec![contents.clone()]),
            None => Err(LoadError::CannotOpen { path: path.to_vec(), reason: "No such file or directory".into() }),
        }
    }
    fn read_stdin(&mut self) -> Vec<u8> {
        self.stdin.clone()
    }
    fn change_dir(&mut self, path: &[u8]) -> Result<Vec<u8>, String> {
        if path == b"/nonexistent" { Err("No such file or directory".into()) } else { Ok(path.to_vec()) }
    }
    fn check_log_file(&mut self, path: &[u8]) -> Result<(), String> {
        if path.contains(&b'/') { Err("No such file or directory".into()) } else { Ok(()) }
    }
    fn command_exists(&mut self, name: &[u8]) -> bool {
        [&b"flushall"[..], b"debug", b"get", b"set"].iter().any(|known| known.eq_ignore_ascii_case(name))
    }
    fn check_user(&mut self, _: &[Vec<u8>]) -> Result<(), (usize, String)> {
        Ok(())
    }
}

/// Starts a case's server: the configuration, or what is printed.
fn start(case: &Case) -> (Result<Config, Vec<u8>>, World) {
    let mut world = World { files: BTreeMap::new(), stdin: Vec::new() };
    let mut arguments = Vec::new();
    for (head, body) in &case.parts {
        match head.split_once(' ').unwrap_or((head, "")) {
            ("file", name) => drop(world.files.insert(name.into(), body.clone())),
            ("file!", name) => drop(world.files.insert(name.into(), unescape(body))),
            ("stdin", _) => world.stdin.clone_from(body),
            ("arguments", _) => {
                arguments =
                    body.strip_suffix(b"\n").unwrap_or(body).split(|byte| *byte == b'\n').map(argument).collect();
            }
            _ => {}
        }
    }
    let Invocation::Start(mut command_line) = parse_command_line(&arguments) else { panic!("no plain start") };
    let mut config = Config { dir: b"/DIR".to_vec(), ..Config::default() };
    let relative = command_line.config_file.take();
    // Redis makes the path absolute, and shows it so.
    command_line.config_file = relative.map(|path| [b"/DIR/", path.as_slice()].concat());
    world.files = world
        .files
        .into_iter()
        .flat_map(|(path, contents)| [([b"/DIR/", path.as_slice()].concat(), contents.clone()), (path, contents)])
        .collect();
    let loaded = config.load(&command_line, &mut world);
    (loaded.map(|()| config).map_err(|error| error.message()), world)
}

/// One line of the recorder's arguments.
fn argument(line: &[u8]) -> Vec<u8> {
    let escaped: Vec<u8> =
        line.iter().flat_map(|byte| if *byte == b'"' { vec![b'\\', b'"'] } else { vec![*byte] }).collect();
    unescape(&escaped)
}

#[test]
fn every_recorded_start_ends_the_same() {
    let defaults: BTreeMap<String, String> = RECORDED_GET
        .lines()
        .skip(2)
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let (mut failures, mut starts) = (0, 0);
    for case in recorded_cases().iter().filter(|case| case.parts.iter().all(|(head, _)| head != "commands")) {
        let (started, _) = start(case);
        let (head, recorded) = case.parts.last().expect("a case has an outcome");
        match started {
            Err(message) => {
                assert!(head.starts_with("fails 1"), "{}: {}", case.name, message.escape_ascii());
                let message = String::from_utf8_lossy(&message).trim().to_owned();
                assert_eq!(message, String::from_utf8_lossy(recorded).trim(), "{}", case.name);
                failures += 1;
            }
            Ok(config) => {
                assert_eq!(head, "differs", "{}", case.name);
                let differs = |(name, default): (&String, &String)| {
                    let value = show(&config.get(&[name.as_bytes()])[0].1);
                    (value != *default).then(|| format!("{name} {value}\n"))
                };
                let ours: String = defaults.iter().filter_map(differs).collect();
                assert_eq!(ours, String::from_utf8_lossy(recorded), "{}", case.name);
                starts += 1;
            }
        }
    }
    assert!(failures > 30 && starts > 25, "{failures} failures, {starts} starts: a thin recording");
}

/// Runs a recorded command, gives its reply.
fn run(config: &mut Config, world: &mut World, command: &[u8], recorded_reply: &str) -> String {
    let words: Vec<Vec<u8>> = command.split(|byte| *byte == b' ').map(<[u8]>::to_vec).collect();
    let mode = match words[1].as_slice() {
        b"SET" => return set(config, &words[2..], recorded_reply),
        b"REWRITE" => RewriteMode::Changed,
        b"CONFIG-REWRITE-FORCE-ALL" => RewriteMode::ForceAll,
        other => panic!("{}", other.escape_ascii()),
    };
    let Some(path) = config.extra.config_file.clone() else {
        return "ERR The server is running without a config file".into();
    };
    let rewritten = config.rewrite(&world.files[&path], &[b"default on nopass ~* &* +@all".to_vec()], mode);
    world.files.insert(path, rewritten);
    "OK".into()
}

#[test]
fn every_recorded_rewrite_gives_the_same_file() {
    let mut rewrites = 0;
    for case in recorded_cases().iter().filter(|case| case.parts.iter().any(|(head, _)| head == "commands")) {
        let (started, mut world) = start(case);
        let mut config = started.unwrap_or_else(|message| panic!("{}: {}", case.name, message.escape_ascii()));
        let part = |wanted: &'static str| case.parts.iter().filter(move |(head, _)| head.starts_with(wanted));
        let commands = &part("commands").next().expect("commands").1;
        let commands = commands.strip_suffix(b"\n").unwrap_or(commands).split(|byte| *byte == b'\n');
        for (command, (_, reply)) in commands.zip(part("reply")) {
            let reply = String::from_utf8_lossy(reply).trim_end().to_owned();
            assert_eq!(
                run(&mut config, &mut world, command, &reply),
                reply,
                "{}: {}",
                case.name,
                command.escape_ascii()
            );
        }
        for (head, recorded) in part("after") {
            let path = [b"/DIR/", head.trim_start_matches("after ").as_bytes()].concat();
            let lines = |file: &[u8]| String::from_utf8_lossy(file).split('\n').map(str::to_owned).collect::<Vec<_>>();
            let (mut ours, mut real) = (lines(&world.files[&path]), lines(recorded));
            // Redis appends in the order of a hash table: behind the signature, the order is not compared.
            for file in [&mut ours, &mut real] {
                if let Some(at) = file.iter().position(|line| line == "# Generated by CONFIG REWRITE") {
                    file[at..].sort();
                }
            }
            assert_eq!(ours, real, "{}", case.name);
            rewrites += 1;
        }
    }
    assert!(rewrites > 12, "{rewrites} rewritten files: a thin recording");
}

#[test]
fn every_recorded_file_survives_a_rewrite() {
    for case in recorded_cases() {
        for (head, body) in &case.parts {
            if head.starts_with("file") || head.starts_with("after") {
                fuzz_config_file(body);
                fuzz_config_file(&unescape_if(head, body));
            }
        }
    }
}

fn unescape_if(head: &str, body: &[u8]) -> Vec<u8> {
    if head.starts_with("file!") { unescape(body) } else { body.to_vec() }
}
