//! The commands of a server as it describes them itself: COMMAND LIST, COMMAND INFO and COMMAND DOCS.
//!
//! The generators draw from this, and the report counts against it; nothing here is a second list of commands.
//! Rows are named as in Redis: `GET`, `CONFIG|GET`.

use crate::resp::Value;
use crate::target::Target;
use std::collections::{BTreeMap, BTreeSet};

/// DEBUG has no subcommands in COMMAND; these are treated as rows all the same. The list is what Etalon has to
/// have; what else DEBUG can do (crash, reload) is never generated.
pub const DEBUG_SUBCOMMANDS: &[&str] = &[
    "CHANGE-REPL-ID",
    "CONFIG-REWRITE-FORCE-ALL",
    "DIGEST",
    "DIGEST-VALUE",
    "HELP",
    "HTSTATS",
    "HTSTATS-KEY",
    "LOG",
    "OBJECT",
    "PAUSE-CRON",
    "POPULATE",
    "PROTOCOL",
    "QUICKLIST-PACKED-THRESHOLD",
    "REPLYBUFFER",
    "SET-ACTIVE-EXPIRE",
    "SET-DISABLE-DENY-SCRIPTS",
    "SET-SKIP-CHECKSUM-VALIDATION",
    "SLEEP",
    "STRINGMATCH-TEST",
];

/// A command or subcommand.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    pub group: String,
    /// As COMMAND INFO gives it: at least `-arity` words if negative.
    pub arity: i64,
    pub flags: BTreeSet<String>,
    pub args: Vec<Arg>,
}

/// A documented argument.
#[derive(Clone, Debug, Default)]
pub struct Arg {
    pub name: String,
    pub kind: String,
    pub token: Option<String>,
    pub optional: bool,
    pub multiple: bool,
    pub multiple_token: bool,
    pub children: Vec<Arg>,
}

/// All rows of a server.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub rows: BTreeMap<String, Row>,
    /// Commands that have subcommands.
    pub containers: BTreeSet<String>,
}

impl Rows {
    /// Asks a server. Errors: it does not answer COMMAND LIST, or INFO and DOCS for what it lists.
    pub fn fetch(target: &mut dyn Target, client: usize) -> Result<Rows, String> {
        let mut ask = |args: &[&[u8]]| target.ask(client, args).map_err(|error| error.to_string());
        let list = ask(&[b"COMMAND", b"LIST"])?;
        let names: Vec<Vec<u8>> = texts(&list).into_iter().map(String::into_bytes).collect();
        if names.is_empty() {
            return Err(format!("COMMAND LIST names nothing: {list:?}"));
        }
        let mut command: Vec<&[u8]> = vec![b"COMMAND", b"DOCS"];
        command.extend(names.iter().map(Vec::as_slice));
        let docs = ask(&command)?;
        command[1] = b"INFO";
        let infos = ask(&command)?;
        let mut rows = Rows::default();
        for info in infos.items().unwrap_or_default() {
            rows.add(info, &docs);
        }
        rows.add_debug();
        Ok(rows)
    }

    fn add_debug(&mut self) {
        let Some(debug) = self.rows.get("DEBUG").cloned() else {
            return;
        };
        self.containers.insert(debug.name.clone());
        for sub in DEBUG_SUBCOMMANDS {
            let name = format!("DEBUG|{sub}");
            self.rows.insert(name.clone(), Row { name, ..debug.clone() });
        }
    }

    fn add(&mut self, info: &Value, docs: &Value) {
        let Some(parts) = info.items() else { return };
        let name = text(parts.first());
        let doc = docs.field(&name);
        let group = text(doc.and_then(|doc| doc.field("group")));
        let subcommands = parts.get(9).and_then(Value::items).unwrap_or_default();
        if !subcommands.is_empty() {
            self.containers.insert(name.to_ascii_uppercase());
        }
        let sub_docs = doc.and_then(|doc| doc.field("subcommands"));
        for sub in subcommands {
            let Some(parts) = sub.items() else { continue };
            let doc = sub_docs.and_then(|docs| docs.field(&text(parts.first())));
            self.insert(parts, doc, &group);
        }
        self.insert(parts, doc, &group);
    }

    fn insert(&mut self, info: &[Value], doc: Option<&Value>, group: &str) {
        let name = text(info.first()).to_ascii_uppercase();
        let args = doc.and_then(|doc| doc.field("arguments")).map(arguments).unwrap_or_default();
        let row = Row {
            name: name.clone(),
            group: group.to_string(),
            arity: info.get(1).and_then(Value::as_integer).unwrap_or(-1),
            flags: info.get(2).map(texts).unwrap_or_default().into_iter().collect(),
            args,
        };
        self.rows.insert(name, row);
    }

    /// Leaves out what a server does not have, by asking for it: for one that can't list its commands yet, or that
    /// answers "not supported" for some. Returns what was left out.
    pub fn probe(&mut self, target: &mut dyn Target, client: usize) -> Result<Vec<String>, String> {
        let mut missing = Vec::new();
        for (name, row) in &self.rows {
            // Probing must not run anything: a word too few where that is an error, else many too many.
            let mut words: Vec<&[u8]> = name.split('|').map(str::as_bytes).collect();
            if row.arity.unsigned_abs() as usize <= words.len() {
                words.extend([&b"probe"[..]; 12]);
            }
            // QUIT takes any number of words and would end the connection.
            if crate::generate::is_excluded(name) || self.containers.contains(name) || name == "QUIT" {
                continue;
            }
            if name == "QUIT" {
                // It has no form that is an error.
                continue;
            }
            let reply = target.ask(client, &words).map_err(|error| error.to_string())?;
            if is_missing(&reply) {
                missing.push(name.clone());
            }
        }
        for name in &missing {
            self.rows.remove(name);
        }
        Ok(missing)
    }

    /// Only what both servers have.
    pub fn intersection(&self, other: &Rows) -> Rows {
        let shared = |name: &String| other.rows.contains_key(name);
        Rows {
            rows: self.rows.iter().filter(|(name, _)| shared(name)).map(|(n, r)| (n.clone(), r.clone())).collect(),
            containers: self.containers.iter().filter(|name| shared(name)).cloned().collect(),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.rows.contains_key(name)
    }
}

impl Row {
    /// Every option word of the row: `EX`, `NX`, `LIMIT`…
    pub fn tokens(&self) -> BTreeSet<String> {
        fn collect(args: &[Arg], out: &mut BTreeSet<String>) {
            for arg in args {
                out.extend(arg.token.iter().filter(|token| !token.is_empty()).map(|t| t.to_ascii_uppercase()));
                collect(&arg.children, out);
            }
        }
        let mut tokens = BTreeSet::new();
        collect(&self.args, &mut tokens);
        tokens
    }
}

/// Does a reply say that the server lacks the command?
pub fn is_missing(reply: &Value) -> bool {
    let said = String::from_utf8_lossy(reply.as_bytes().unwrap_or_default()).into_owned();
    let absent = ["unknown command", "nknown subcommand '", "is not supported"].iter().any(|text| said.contains(text));
    // DEBUG answers a wrong number of words as it answers an unknown name.
    reply.is_error() && absent && !said.contains("DEBUG HELP")
}

fn arguments(list: &Value) -> Vec<Arg> {
    list.items().unwrap_or_default().iter().map(argument).collect()
}

fn argument(doc: &Value) -> Arg {
    let flags = doc.field("flags").map(texts).unwrap_or_default();
    let has = |flag: &str| flags.iter().any(|f| f == flag);
    Arg {
        name: text(doc.field("name")),
        kind: text(doc.field("type")),
        token: doc.field("token").map(|token| text(Some(token))),
        optional: has("optional"),
        multiple: has("multiple"),
        multiple_token: has("multiple_token"),
        children: doc.field("arguments").map(arguments).unwrap_or_default(),
    }
}

fn text(value: Option<&Value>) -> String {
    let bytes = value.and_then(Value::as_bytes).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.items().unwrap_or_default().iter().map(|item| text(Some(item))).collect()
}
