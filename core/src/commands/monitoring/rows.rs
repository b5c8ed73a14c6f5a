//! The rows of the monitoring family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the summaries are
//! our own.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[MONITOR, SLOWLOG, LATENCY];

const MONITOR_DOC: Doc = Doc::new("server", "1.0.0", "Shows this connection every command that the server runs.");
const MONITOR: Command = Command {
    name: "monitor",
    arity: Arity::Exactly(1),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &MONITOR_DOC,
    subcommands: &[],
    run: Run::Server(super::monitor),
};

const SLOWLOG_GET_DOC: Doc = Doc::new("server", "2.2.12", "Lists the latest calls that took long.")
    .complexity("O(N) where N is the number of entries returned")
    .history(&[("4.0.0", "Added client IP address, port and name to the reply.")]);
const SLOWLOG_GET: Command = Command {
    name: "slowlog|get",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::integer("count").optional()],
    tips: &["request_policy:all_nodes", "nondeterministic_output"],
    doc: &SLOWLOG_GET_DOC,
    subcommands: &[],
    run: Run::Server(super::slowlog_get),
};

const SLOWLOG_HELP_DOC: Doc = Doc::new("server", "6.2.0", "Lists the subcommands of SLOWLOG.").complexity("O(1)");
const SLOWLOG_HELP: Command = Command {
    name: "slowlog|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &SLOWLOG_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::slowlog_help),
};

const SLOWLOG_LEN_DOC: Doc = Doc::new("server", "2.2.12", "Counts the calls in the slow log.").complexity("O(1)");
const SLOWLOG_LEN: Command = Command {
    name: "slowlog|len",
    arity: Arity::Exactly(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
    doc: &SLOWLOG_LEN_DOC,
    subcommands: &[],
    run: Run::Server(super::slowlog_len),
};

const SLOWLOG_RESET_DOC: Doc = Doc::new("server", "2.2.12", "Empties the slow log.")
    .complexity("O(N) where N is the number of entries in the slowlog");
const SLOWLOG_RESET: Command = Command {
    name: "slowlog|reset",
    arity: Arity::Exactly(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    doc: &SLOWLOG_RESET_DOC,
    subcommands: &[],
    run: Run::Server(super::slowlog_reset),
};

const SLOWLOG_DOC: Doc =
    Doc::new("server", "2.2.12", "Looks at the calls that took long.").complexity("Depends on subcommand.");
const SLOWLOG: Command = Command {
    name: "slowlog",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &SLOWLOG_DOC,
    subcommands: &[SLOWLOG_GET, SLOWLOG_HELP, SLOWLOG_LEN, SLOWLOG_RESET],
    run: Run::Container,
};

const LATENCY_DOCTOR_DOC: Doc =
    Doc::new("server", "2.8.13", "Reports on latency spikes and what may be done about them.").complexity("O(1)");
const LATENCY_DOCTOR: Command = Command {
    name: "latency|doctor",
    arity: Arity::Exactly(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    doc: &LATENCY_DOCTOR_DOC,
    subcommands: &[],
    run: Run::Server(super::latency_doctor),
};

const LATENCY_GRAPH_DOC: Doc = Doc::new("server", "2.8.13", "Draws an event's latency spikes.").complexity("O(1)");
const LATENCY_GRAPH: Command = Command {
    name: "latency|graph",
    arity: Arity::Exactly(3),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("event")],
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    doc: &LATENCY_GRAPH_DOC,
    subcommands: &[],
    run: Run::Server(super::latency_graph),
};

const LATENCY_HELP_DOC: Doc = Doc::new("server", "2.8.13", "Lists the subcommands of LATENCY.").complexity("O(1)");
const LATENCY_HELP: Command = Command {
    name: "latency|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &LATENCY_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::latency_help),
};

const LATENCY_HISTOGRAM_DOC: Doc =
    Doc::new("server", "7.0.0", "Tells how long the calls of some commands took, or of all.")
        .complexity("O(N) where N is the number of commands with latency information being retrieved.");
const LATENCY_HISTOGRAM: Command = Command {
    name: "latency|histogram",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("command").optional().multiple()],
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    doc: &LATENCY_HISTOGRAM_DOC,
    subcommands: &[],
    run: Run::Server(super::latency_histogram),
};

const LATENCY_HISTORY_DOC: Doc = Doc::new("server", "2.8.13", "Lists an event's latency spikes.").complexity("O(1)");
const LATENCY_HISTORY: Command = Command {
    name: "latency|history",
    arity: Arity::Exactly(3),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("event")],
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    doc: &LATENCY_HISTORY_DOC,
    subcommands: &[],
    run: Run::Server(super::latency_history),
};

const LATENCY_LATEST_DOC: Doc =
    Doc::new("server", "2.8.13", "Tells the last latency spike of each event.").complexity("O(1)");
const LATENCY_LATEST: Command = Command {
    name: "latency|latest",
    arity: Arity::Exactly(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    doc: &LATENCY_LATEST_DOC,
    subcommands: &[],
    run: Run::Server(super::latency_latest),
};

const LATENCY_RESET_DOC: Doc =
    Doc::new("server", "2.8.13", "Forgets the latency spikes of some events, or of all.").complexity("O(1)");
const LATENCY_RESET: Command = Command {
    name: "latency|reset",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("event").optional().multiple()],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    doc: &LATENCY_RESET_DOC,
    subcommands: &[],
    run: Run::Server(super::latency_reset),
};

const LATENCY_DOC: Doc =
    Doc::new("server", "2.8.13", "Looks at what makes the server slow to answer.").complexity("Depends on subcommand.");
const LATENCY: Command = Command {
    name: "latency",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &LATENCY_DOC,
    subcommands: &[
        LATENCY_DOCTOR,
        LATENCY_GRAPH,
        LATENCY_HELP,
        LATENCY_HISTOGRAM,
        LATENCY_HISTORY,
        LATENCY_LATEST,
        LATENCY_RESET,
    ],
    run: Run::Container,
};
