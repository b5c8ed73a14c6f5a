//! etalon-conformance: Etalon held against the real Redis.
//!
//! | part                         | what it does                                                            |
//! |------------------------------|-------------------------------------------------------------------------|
//! | [`resp`], [`quote`]          | the wire and the keyboard, with a codec of the harness's own            |
//! | [`launch`], [`target`]       | servers: found, started, talked to, stopped                             |
//! | [`replica_tap`]              | what a real server tells its replicas                                   |
//! | [`in_process`]             | the engine in this process, behind the same trait                       |
//! | [`script`]                   | conversations as text; recorded from the real server, replayed anywhere |
//! | [`generate`]                 | conversations from a seed                                               |
//! | [`differ`]                   | the same bytes to two servers; compare, shrink                          |
//! | [`payload`]                  | payloads of DUMP and RESTORE, sound and damaged, both ways              |
//! | [`exchange`]                 | RDB files, both ways                                                    |
//! | [`crash`]                    | a server killed again and again, and what it knows afterwards           |
//! | [`normalise`], [`divergences`] | what is not compared byte for byte; what is accepted to differ        |
//! | [`lua`]                      | generated Lua scripts, to two servers                                   |
//! | [`coverage`]                 | what a run should have reached and did not                              |
//! | [`monitor_line`]            | what MONITOR shows, without what is a moment's or a connection's own     |
//! | [`report`]                   | what a run reached, so that an empty run fails                          |
//!
//! The oracle is always Redis 7.0.15 itself. Nothing here knows what a command should answer.

pub mod cli;
pub mod coverage;
pub mod crash;
pub mod differ;
pub mod divergences;
pub mod exchange;
pub mod generate;
pub mod in_process;
pub mod launch;
pub mod lua;
pub mod monitor_line;
pub mod normalise;
pub mod payload;
pub mod quote;
pub mod random;
pub mod render;
pub mod replica_tap;
pub mod reply_count;
pub mod report;
pub mod resp;
pub mod rows;
pub mod script;
pub mod target;
