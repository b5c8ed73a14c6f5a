//! What the server says of its commands is what 7.0.15 says: COMMAND INFO, COMMAND DOCS and COMMAND GETKEYS,
//! for every command that has a row; and the rows are consistent in themselves.
//!
//! The recordings (`data/command_*.txt`, made by `conformance/recorders/command_tables.py`) hold every command of
//! the real server, one a line, so that a new family is checked from its first row on.

use std::collections::BTreeMap;

use etalon_core::commands::row::{Arg, ArgKind, Arity, BeginSearch, Command, FindKeys};
use etalon_core::commands::{self, OwnedArgs};
use etalon_core::config::Config;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::resp::Protocol;
use etalon_core::{Engine, Now};

/// A reply, parsed.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Bulk(String),
    /// Kind and the rest of the line: status, error, integer, null.
    Line(char, String),
    /// Kind and elements, keys and values of maps alternating.
    Many(char, Vec<Value>),
}

impl Value {
    fn parse(bytes: &mut &[u8]) -> Value {
        let end = bytes.windows(2).position(|w| w == b"\r\n").expect("a reply's line ends");
        let line = std::str::from_utf8(&bytes[..end]).expect("ASCII").to_owned();
        *bytes = &bytes[end + 2..];
        let (kind, rest) = (line.chars().next().expect("a kind"), &line[1..]);
        let count = || rest.parse::<i64>().expect("a length");
        match kind {
            '$' if count() < 0 => Value::Line('_', String::new()),
            '$' => {
                let length = count() as usize;
                let text = String::from_utf8(bytes[..length].to_vec()).expect("UTF-8");
                *bytes = &bytes[length + 2..];
                Value::Bulk(text)
            }
            '*' | '~' => Value::Many(kind, (0..count()).map(|_| Value::parse(bytes)).collect()),
            '%' => Value::Many(kind, (0..2 * count()).map(|_| Value::parse(bytes)).collect()),
            _ => Value::Line(kind, rest.to_owned()),
        }
    }

    /// The form of the recordings.
    fn show(&self) -> String {
        match self {
            Value::Bulk(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
            Value::Line(kind, rest) => format!("{kind}{rest}"),
            Value::Many(kind, list) => {
                let kind = if *kind == '*' { String::new() } else { kind.to_string() };
                format!("{kind}[{}]", list.iter().map(Value::show).collect::<Vec<_>>().join(" "))
            }
        }
    }

    fn many(self) -> Vec<Value> {
        match self {
            Value::Many(_, list) => list,
            other => panic!("not an aggregate: {other:?}"),
        }
    }

    fn text(&self) -> &str {
        match self {
            Value::Bulk(text) => text,
            other => panic!("not a bulk string: {other:?}"),
        }
    }

    /// What RESP2 makes of it.
    fn in_resp2(self) -> Value {
        match self {
            Value::Many(_, list) => Value::Many('*', list.into_iter().map(Value::in_resp2).collect()),
            other => other,
        }
    }
}

struct Server {
    engine: Engine,
    client: ClientId,
}

impl Server {
    /// A server whose client speaks the given protocol.
    fn new(protocol: Protocol) -> Server {
        let mut engine = Engine::new(Config::default(), 1, Now::default());
        let peer = Peer { loopback: true, ..Peer::default() };
        let client = engine.connect(peer, Now::default()).expect("there is room");
        let mut server = Server { engine, client };
        server.engine.set_protocol(client, protocol);
        server
    }

    fn call(&mut self, args: &[&str]) -> Value {
        let reply = self.engine.run_command(self.client, OwnedArgs::from_iter(args).as_args(), Now::default());
        let mut rest = &reply[..];
        let value = Value::parse(&mut rest);
        assert!(rest.is_empty(), "one reply, whole");
        value
    }
}

/// The lines of a recording by the name they begin with.
fn recording(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        let (name, rest) = line.split_once(' ').expect("a name and a reply");
        lines.entry(name).or_default().push(rest);
    }
    lines
}

/// All rows, subcommands included.
fn rows() -> Vec<&'static Command> {
    commands::all().flat_map(|row| std::iter::once(row).chain(row.subcommands)).collect()
}

#[test]
fn command_info_equals_the_real_servers() {
    let recorded = recording(include_str!("data/command_info.txt"));
    let mut resp3 = Server::new(Protocol::Resp3);
    let mut resp2 = Server::new(Protocol::Resp2);
    for row in rows() {
        let whole = resp3.call(&["COMMAND", "INFO", &row.name.to_uppercase()]);
        assert_eq!(resp2.call(&["COMMAND", "INFO", row.name]), whole.clone().in_resp2(), "{}", row.name);
        let mut facts = whole.many().remove(0).many();
        let subcommands = facts.pop().expect("ten facts");
        assert_eq!(facts.remove(0).text(), row.name);
        assert_eq!(Value::Many('*', facts).show(), recorded[row.name][0], "{}", row.name);
        let kind = if row.subcommands.is_empty() { '~' } else { '*' };
        assert!(matches!(subcommands, Value::Many(k, _) if k == kind), "{}", row.name);
        for (sub, shown) in row.subcommands.iter().zip(subcommands.many()) {
            assert_eq!(resp3.call(&["COMMAND", "INFO", sub.name]).many().remove(0), shown, "{}", sub.name);
        }
    }
}

#[test]
fn command_docs_equal_the_real_servers_but_for_the_summaries() {
    let recorded = recording(include_str!("data/command_docs.txt"));
    let mut resp3 = Server::new(Protocol::Resp3);
    let mut resp2 = Server::new(Protocol::Resp2);
    for row in rows() {
        let whole = resp3.call(&["COMMAND", "DOCS", &row.name.to_uppercase()]);
        assert_eq!(resp2.call(&["COMMAND", "DOCS", row.name]), whole.clone().in_resp2(), "{}", row.name);
        let mut entry = whole.many();
        let facts = entry.pop().expect("the facts");
        assert_eq!(entry.pop().expect("the name").text(), row.name);
        let mut kept = Vec::new();
        for pair in facts.many().chunks(2) {
            match pair[0].text() {
                "summary" => assert_eq!(pair[1].text(), row.doc.summary),
                "subcommands" => {
                    for (sub, shown) in row.subcommands.iter().zip(pair[1].clone().many().chunks(2)) {
                        assert_eq!(resp3.call(&["COMMAND", "DOCS", sub.name]).many(), shown, "{}", sub.name);
                    }
                }
                _ => kept.extend_from_slice(pair),
            }
        }
        assert_eq!(Value::Many('%', kept).show(), recorded[row.name][0], "{}", row.name);
    }
}

#[test]
fn command_getkeysandflags_finds_the_real_servers_keys() {
    let recorded = recording(include_str!("data/command_keys.txt"));
    let mut server = Server::new(Protocol::Resp3);
    let mut compared = 0;
    let mut found = 0;
    for row in rows() {
        for line in &recorded[row.name] {
            let (call, expected) = line.split_once("'] ").expect("a call and a reply");
            let call: Vec<&str> = call.trim_start_matches("['").split("' '").collect();
            let args: Vec<&str> = ["COMMAND", "GETKEYSANDFLAGS"].into_iter().chain(call.iter().copied()).collect();
            let reply = server.call(&args);
            assert_eq!(reply.show(), expected, "{call:?}");
            compared += 1;
            if let Value::Many(..) = reply {
                found += 1;
                let keys: Vec<Value> = reply.many().into_iter().map(|pair| pair.many().remove(0)).collect();
                let args: Vec<&str> = ["COMMAND", "GETKEYS"].into_iter().chain(call).collect();
                assert_eq!(server.call(&args).many(), keys);
            }
        }
    }
    assert!(compared > 300 && found > 80, "not vacuous: {compared} compared, {found} with keys");
}

#[test]
fn unknown_and_wrong_calls_are_answered_as_by_the_real_server() {
    let mut server = Server::new(Protocol::Resp3);
    for name in ["nosuch", "config|nosuch", "get|x", "a|b|c", "config|get|x", "|", "config|", ""] {
        assert_eq!(server.call(&["command", "info", name]).show(), "[_]", "{name}");
        assert_eq!(server.call(&["command", "docs", name]).show(), "%[]", "{name}");
    }
    for (args, expected) in [
        (&["GETKEYS", "nosuch", "x"][..], "-ERR Invalid command specified"),
        (&["GETKEYS", "config", "nosuch"], "-ERR Invalid command specified"),
        (&["GETKEYS", "config", "get", "x"], "-ERR The command has no key arguments"),
        (&["GETKEYS", "ping", "x"], "-ERR The command has no key arguments"),
        (&["GETKEYS", "get", "a", "b"], "-ERR Invalid number of arguments specified for command"),
        (&["GETKEYS", "MGET", "a", "b"], "['a' 'b']"),
        (&["GETKEYSANDFLAGS", "set", "a", "b"], "[['a' ~[+OW +update]]]"),
        (&["GETKEYSANDFLAGS", "SET", "a", "b", "get"], "[['a' ~[+RW +access +update]]]"),
        (&["LIST", "x"], "-ERR syntax error"),
        (&["LIST", "FILTERBY", "PATTERN"], "-ERR syntax error"),
        (&["LIST", "FILTERBY", "X", "Y"], "-ERR syntax error"),
        (&["LIST", "filterby", "module", "x"], "[]"),
        (&["LIST", "filterby", "aclcat", "nosuch"], "[]"),
        (&["LIST", "filterby", "aclcat", "@string"], "[]"),
        (&["LIST", "filterby", "pattern", "CONFIG|?et"], "['config|get' 'config|set']"),
        (&["COUNT", "x"], "-ERR wrong number of arguments for 'command|count' command"),
    ] {
        let args: Vec<&str> = std::iter::once("COMMAND").chain(args.iter().copied()).collect();
        assert_eq!(server.call(&args).show(), expected, "{args:?}");
    }
    let listed = server.call(&["command", "list"]).many();
    assert_eq!(listed.len(), rows().len());
    let top_level = commands::all().count();
    assert_eq!(server.call(&["command", "count"]).show(), format!(":{top_level}"));
    assert_eq!(server.call(&["command"]).many().len(), top_level);
    assert_eq!(server.call(&["command", "info"]).many().len(), top_level);
    assert_eq!(server.call(&["command", "docs"]).many().len(), 2 * top_level);
}

#[test]
fn names_are_unique_and_subcommands_are_named_after_their_container() {
    let mut names: Vec<&str> = rows().iter().map(|row| row.name).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for row in commands::all() {
        assert!(!row.is_subcommand(), "{}", row.name);
        assert_eq!(row.name, row.name.to_ascii_lowercase());
        for sub in row.subcommands {
            assert_eq!(sub.name.split_once('|').map(|(container, _)| container), Some(row.name));
            assert!(sub.subcommands.is_empty(), "{}", sub.name);
        }
    }
}

#[test]
fn every_row_has_a_summary_of_its_own() {
    let missing: Vec<&str> = rows().iter().filter(|row| row.doc.summary.is_empty()).map(|row| row.name).collect();
    assert!(missing.is_empty(), "without a summary: {missing:?}");
}

/// Fewest and most arguments that a grammar takes; `None`: no limit.
fn extent(arg: &Arg) -> (usize, Option<usize>) {
    let children = || arg.children.iter().map(extent);
    let (least, most) = match arg.kind {
        ArgKind::PureToken => (0, Some(0)),
        ArgKind::OneOf => (
            children().map(|(least, _)| least).min().unwrap_or(0),
            children().map(|(_, most)| most).try_fold(0, |all, most| Some(all.max(most?))),
        ),
        ArgKind::Block => (
            children().map(|(least, _)| least).sum(),
            children().map(|(_, most)| most).try_fold(0, |all, most| Some(all + most?)),
        ),
        _ => (1, Some(1)),
    };
    let token = arg.token.is_some() as usize;
    let least = if arg.optional { 0 } else { least + token };
    (least, if arg.multiple { None } else { most.map(|most| most + token) })
}

#[test]
fn arity_agrees_with_the_grammar_of_the_arguments() {
    // In Redis, too, the grammar of these says something else than their arity.
    const KNOWN: &[&str] = &[
        "client|kill",
        "command|getkeys",
        "command|getkeysandflags",
        "debug",
        "geohash",
        "geopos",
        "pfmerge",
        "quit",
        "replconf",
    ];
    let mut differing = Vec::new();
    for row in rows().iter().filter(|row| row.subcommands.is_empty()) {
        let words = 1 + row.is_subcommand() as usize;
        let least: usize = row.args.iter().map(|arg| extent(arg).0).sum::<usize>() + words;
        let most = row.args.iter().try_fold(words, |all, arg| Some(all + extent(arg).1?));
        let agrees = match row.arity {
            Arity::Exactly(n) => (least, most) == (n as usize, Some(n as usize)),
            Arity::AtLeast(n) => least == n as usize && most.is_none_or(|most| most > least),
        };
        if !agrees {
            differing.push(row.name);
        }
    }
    differing.sort();
    assert_eq!(differing, KNOWN);
}

#[test]
fn every_key_specification_is_in_range_and_every_key_argument_has_one() {
    fn check(row: &Command, args: &[Arg]) {
        for arg in args {
            let has_one = arg.key_spec_index.is_some();
            assert!(arg.kind != ArgKind::Key || has_one, "{} {}", row.name, arg.name);
            // Patterns may stand for keys, as those of SORT do.
            assert!(matches!(arg.kind, ArgKind::Key | ArgKind::Pattern) || !has_one, "{} {}", row.name, arg.name);
            assert!(arg.key_spec_index.is_none_or(|index| (index as usize) < row.keys.len()), "{}", row.name);
            check(row, arg.children);
        }
    }
    for row in rows() {
        check(row, row.args);
        let (Arity::Exactly(least) | Arity::AtLeast(least)) = row.arity;
        for spec in row.keys {
            if let BeginSearch::Index(first) = spec.begin_search {
                // PFMERGE may be called without sources, SUNSUBSCRIBE without channels.
                let required = (1..least).contains(&first) || matches!(row.name, "pfmerge" | "sunsubscribe");
                assert!(required, "{}: the first key is among the required arguments", row.name);
            }
            match spec.find_keys {
                FindKeys::Range { key_step, .. } | FindKeys::KeyNum { key_step, .. } => assert!(key_step > 0),
                FindKeys::Unknown => assert!(row.find_keys.is_some(), "{}: only a function can find them", row.name),
            }
        }
    }
}
