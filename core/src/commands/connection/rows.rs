//! The rows of the connection family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the
//! summaries are our own.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[AUTH, CLIENT, ECHO, HELLO, PING, QUIT, RESET, SELECT];

const AUTH_DOC: Doc =
    Doc::new("connection", "1.0.0", "Proves who is calling with a password, or with a user's name and password.")
        .complexity("O(N) where N is the number of passwords defined for the user")
        .history(&[("6.0.0", "Added ACL style (username and password).")]);
const AUTH: Command = Command {
    name: "auth",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::NO_AUTH)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("username").since("6.0.0").optional(), Arg::string("password")],
    tips: &[],
    doc: &AUTH_DOC,
    subcommands: &[],
    run: Run::Server(super::auth),
};

const CLIENT_CACHING_DOC: Doc =
    Doc::new("connection", "6.0.0", "Says whether the keys of the next command are to be tracked.").complexity("O(1)");
const CLIENT_CACHING: Command = Command {
    name: "client|caching",
    arity: Arity::Exactly(3),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of("mode", &[Arg::word("yes", "YES"), Arg::word("no", "NO")])],
    tips: &[],
    doc: &CLIENT_CACHING_DOC,
    subcommands: &[],
    run: Run::Server(super::client_caching),
};

const CLIENT_GETNAME_DOC: Doc =
    Doc::new("connection", "2.6.9", "Tells the name that this connection was given.").complexity("O(1)");
const CLIENT_GETNAME: Command = Command {
    name: "client|getname",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CLIENT_GETNAME_DOC,
    subcommands: &[],
    run: Run::Server(super::client_getname),
};

const CLIENT_GETREDIR_DOC: Doc =
    Doc::new("connection", "6.0.0", "Tells which connection receives this one's invalidations.").complexity("O(1)");
const CLIENT_GETREDIR: Command = Command {
    name: "client|getredir",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CLIENT_GETREDIR_DOC,
    subcommands: &[],
    run: Run::Server(super::client_getredir),
};

const CLIENT_HELP_DOC: Doc = Doc::new("connection", "5.0.0", "Lists the subcommands of CLIENT.").complexity("O(1)");
const CLIENT_HELP: Command = Command {
    name: "client|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CLIENT_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::client_help),
};

const CLIENT_ID_DOC: Doc = Doc::new("connection", "5.0.0", "Tells the number of this connection.").complexity("O(1)");
const CLIENT_ID: Command = Command {
    name: "client|id",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CLIENT_ID_DOC,
    subcommands: &[],
    run: Run::Server(super::client_id),
};

const CLIENT_INFO_DOC: Doc =
    Doc::new("connection", "6.2.0", "Describes this connection in one line.").complexity("O(1)");
const CLIENT_INFO: Command = Command {
    name: "client|info",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output"],
    doc: &CLIENT_INFO_DOC,
    subcommands: &[],
    run: Run::Server(super::client_info),
};

const CLIENT_KILL_DOC: Doc = Doc::new("connection", "2.4.0", "Closes connections, chosen by address or by filters.")
    .complexity("O(N) where N is the number of client connections")
    .history(&[
        ("2.8.12", "Added new filter format."),
        ("2.8.12", "`ID` option."),
        ("3.2.0", "Added `master` type in for `TYPE` option."),
        ("5.0.0", "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility."),
        ("6.2.0", "`LADDR` option."),
    ]);
const CLIENT_KILL: Command = Command {
    name: "client|kill",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of(
        "filter",
        &[
            Arg::string("ip:port").deprecated_since("2.8.12"),
            Arg::one_of(
                "new-format",
                &[
                    Arg::integer("client-id").token("ID").since("2.8.12").optional(),
                    Arg::one_of(
                        "normal_master_slave_pubsub",
                        &[
                            Arg::word("normal", "NORMAL"),
                            Arg::word("master", "MASTER").since("3.2.0"),
                            Arg::word("slave", "SLAVE"),
                            Arg::word("replica", "REPLICA").since("5.0.0"),
                            Arg::word("pubsub", "PUBSUB"),
                        ],
                    )
                    .token("TYPE")
                    .since("2.8.12")
                    .optional(),
                    Arg::string("username").token("USER").optional(),
                    Arg::string("ip:port").token("ADDR").optional(),
                    Arg::string("ip:port").token("LADDR").since("6.2.0").optional(),
                    Arg::string("yes/no").token("SKIPME").optional(),
                ],
            )
            .multiple(),
        ],
    )],
    tips: &[],
    doc: &CLIENT_KILL_DOC,
    subcommands: &[],
    run: Run::Server(super::client_kill),
};

const CLIENT_LIST_DOC: Doc =
    Doc::new("connection", "2.4.0", "Describes connections, one a line: all, some numbers, or those of one type.")
        .complexity("O(N) where N is the number of client connections")
        .history(&[
            ("2.8.12", "Added unique client `id` field."),
            ("5.0.0", "Added optional `TYPE` filter."),
            ("6.0.0", "Added `user` field."),
            ("6.2.0", "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter."),
            ("7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."),
            ("7.0.3", "Added `ssub` field."),
        ]);
const CLIENT_LIST: Command = Command {
    name: "client|list",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[
        Arg::one_of(
            "normal_master_replica_pubsub",
            &[
                Arg::word("normal", "NORMAL"),
                Arg::word("master", "MASTER"),
                Arg::word("replica", "REPLICA"),
                Arg::word("pubsub", "PUBSUB"),
            ],
        )
        .token("TYPE")
        .since("5.0.0")
        .optional(),
        Arg::block("id", &[Arg::integer("client-id").multiple()]).token("ID").since("6.2.0").optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &CLIENT_LIST_DOC,
    subcommands: &[],
    run: Run::Server(super::client_list),
};

const CLIENT_NO_EVICT_DOC: Doc = Doc::new(
    "connection",
    "7.0.0",
    "Spares this connection when memory for connections runs short, or stops sparing it.",
)
.complexity("O(1)");
const CLIENT_NO_EVICT: Command = Command {
    name: "client|no-evict",
    arity: Arity::Exactly(3),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])],
    tips: &[],
    doc: &CLIENT_NO_EVICT_DOC,
    subcommands: &[],
    run: Run::Server(super::client_no_evict),
};

const CLIENT_PAUSE_DOC: Doc =
    Doc::new("connection", "2.9.50", "Holds back commands, or only those that write, for some milliseconds.")
        .complexity("O(1)")
        .history(&[("6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option.")]);
const CLIENT_PAUSE: Command = Command {
    name: "client|pause",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[
        Arg::integer("timeout"),
        Arg::one_of("mode", &[Arg::word("write", "WRITE"), Arg::word("all", "ALL")]).since("6.2.0").optional(),
    ],
    tips: &[],
    doc: &CLIENT_PAUSE_DOC,
    subcommands: &[],
    run: Run::Server(super::client_pause),
};

const CLIENT_REPLY_DOC: Doc =
    Doc::new("connection", "3.2.0", "Turns the replies to this connection on or off, or skips the next one.")
        .complexity("O(1)");
const CLIENT_REPLY: Command = Command {
    name: "client|reply",
    arity: Arity::Exactly(3),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of("on_off_skip", &[Arg::word("on", "ON"), Arg::word("off", "OFF"), Arg::word("skip", "SKIP")])],
    tips: &[],
    doc: &CLIENT_REPLY_DOC,
    subcommands: &[],
    run: Run::Server(super::client_reply),
};

const CLIENT_SETNAME_DOC: Doc = Doc::new("connection", "2.6.9", "Gives this connection a name.").complexity("O(1)");
const CLIENT_SETNAME: Command = Command {
    name: "client|setname",
    arity: Arity::Exactly(3),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("connection-name")],
    tips: &[],
    doc: &CLIENT_SETNAME_DOC,
    subcommands: &[],
    run: Run::Server(super::client_setname),
};

const CLIENT_TRACKING_DOC: Doc =
    Doc::new("connection", "6.0.0", "Turns on or off that this connection hears of changes to keys it has read.")
        .complexity("O(1). Some options may introduce additional complexity.");
const CLIENT_TRACKING: Command = Command {
    name: "client|tracking",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[
        Arg::one_of("status", &[Arg::word("on", "ON"), Arg::word("off", "OFF")]),
        Arg::integer("client-id").token("REDIRECT").optional(),
        Arg::string("prefix").token("PREFIX").optional().multiple().multiple_token(),
        Arg::word("bcast", "BCAST").optional(),
        Arg::word("optin", "OPTIN").optional(),
        Arg::word("optout", "OPTOUT").optional(),
        Arg::word("noloop", "NOLOOP").optional(),
    ],
    tips: &[],
    doc: &CLIENT_TRACKING_DOC,
    subcommands: &[],
    run: Run::Server(super::client_tracking),
};

const CLIENT_TRACKINGINFO_DOC: Doc =
    Doc::new("connection", "6.2.0", "Tells how this connection tracks keys.").complexity("O(1)");
const CLIENT_TRACKINGINFO: Command = Command {
    name: "client|trackinginfo",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CLIENT_TRACKINGINFO_DOC,
    subcommands: &[],
    run: Run::Server(super::client_trackinginfo),
};

const CLIENT_UNBLOCK_DOC: Doc = Doc::new("connection", "5.0.0", "Wakes a connection that waits in a blocking command.")
    .complexity("O(log N) where N is the number of client connections");
const CLIENT_UNBLOCK: Command = Command {
    name: "client|unblock",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[
        Arg::integer("client-id"),
        Arg::one_of("timeout_error", &[Arg::word("timeout", "TIMEOUT"), Arg::word("error", "ERROR")]).optional(),
    ],
    tips: &[],
    doc: &CLIENT_UNBLOCK_DOC,
    subcommands: &[],
    run: Run::Server(super::client_unblock),
};

const CLIENT_UNPAUSE_DOC: Doc =
    Doc::new("connection", "6.2.0", "Lets commands run again that CLIENT PAUSE holds back.")
        .complexity("O(N) Where N is the number of paused clients");
const CLIENT_UNPAUSE: Command = Command {
    name: "client|unpause",
    arity: Arity::Exactly(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CLIENT_UNPAUSE_DOC,
    subcommands: &[],
    run: Run::Server(super::client_unpause),
};

const CLIENT_DOC: Doc = Doc::new("connection", "2.4.0", "Looks at connections and changes how they behave.")
    .complexity("Depends on subcommand.");
const CLIENT: Command = Command {
    name: "client",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CLIENT_DOC,
    subcommands: &[
        CLIENT_CACHING,
        CLIENT_GETNAME,
        CLIENT_GETREDIR,
        CLIENT_HELP,
        CLIENT_ID,
        CLIENT_INFO,
        CLIENT_KILL,
        CLIENT_LIST,
        CLIENT_NO_EVICT,
        CLIENT_PAUSE,
        CLIENT_REPLY,
        CLIENT_SETNAME,
        CLIENT_TRACKING,
        CLIENT_TRACKINGINFO,
        CLIENT_UNBLOCK,
        CLIENT_UNPAUSE,
    ],
    run: Run::Container,
};

const ECHO_DOC: Doc = Doc::new("connection", "1.0.0", "Answers with the text it was sent.").complexity("O(1)");
const ECHO: Command = Command {
    name: "echo",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE).union(CommandFlags::FAST),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("message")],
    tips: &[],
    doc: &ECHO_DOC,
    subcommands: &[],
    run: Run::Server(super::echo),
};

const HELLO_DOC: Doc = Doc::new(
    "connection",
    "6.0.0",
    "Chooses the protocol, logs in if asked to, and introduces the server.",
)
.complexity("O(1)")
.history(&[(
    "6.2.0",
    "`protover` made optional; when called without arguments the command reports the current connection's context.",
)]);
const HELLO: Command = Command {
    name: "hello",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::NO_AUTH)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::block(
        "arguments",
        &[
            Arg::integer("protover"),
            Arg::block("username_password", &[Arg::string("username"), Arg::string("password")])
                .token("AUTH")
                .optional(),
            Arg::string("clientname").token("SETNAME").optional(),
        ],
    )
    .optional()],
    tips: &[],
    doc: &HELLO_DOC,
    subcommands: &[],
    run: Run::Server(super::hello),
};

const PING_DOC: Doc =
    Doc::new("connection", "1.0.0", "Answers PONG, or the text it was sent: the connection works.").complexity("O(1)");
const PING: Command = Command {
    name: "ping",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::FAST,
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("message").optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    doc: &PING_DOC,
    subcommands: &[],
    run: Run::Server(super::ping),
};

const QUIT_DOC: Doc =
    Doc::new("connection", "1.0.0", "Closes this connection once its replies are sent.").complexity("O(1)");
const QUIT: Command = Command {
    name: "quit",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::NO_AUTH)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &QUIT_DOC,
    subcommands: &[],
    run: Run::Server(super::quit),
};

const RESET_DOC: Doc =
    Doc::new("connection", "6.2.0", "Brings this connection back to the state of a new one.").complexity("O(1)");
const RESET: Command = Command {
    name: "reset",
    arity: Arity::Exactly(1),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::NO_AUTH)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &RESET_DOC,
    subcommands: &[],
    run: Run::Server(super::reset),
};

const SELECT_DOC: Doc =
    Doc::new("connection", "1.0.0", "Chooses the database that this connection's commands work on.").complexity("O(1)");
const SELECT: Command = Command {
    name: "select",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE).union(CommandFlags::FAST),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::integer("index")],
    tips: &[],
    doc: &SELECT_DOC,
    subcommands: &[],
    run: Run::Server(super::select),
};
