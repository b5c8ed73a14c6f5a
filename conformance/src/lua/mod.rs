//! Generated Lua: the same scripts to a real server and to another, and their replies compared byte for byte.
//!
//! | part           | what it does                                                       |
//! |----------------|--------------------------------------------------------------------|
//! | [`grammar`]    | scripts from a seed                                                |
//! | [`functions`]  | the functions they call, and the texts that a run has to see        |
//! | [`words`]      | numbers, strings, commands, formats that lie at edges              |
//! | [`expression`] | pieces of Lua that can be shrunk                                   |
//! | [`run`]        | sends, compares, shrinks                                           |
//! | [`tally`]      | what was reached, so that a run which reached nothing fails        |
//!
//! Scripts run in epochs: each begins with `FLUSHALL`, `SCRIPT FLUSH` and a seed, so that settings of cjson, random numbers and keys are
//! those of a new server. Within an epoch scripts see what those before them left.

pub mod expression;
pub mod functions;
pub mod grammar;
pub mod run;
pub mod tally;
pub mod words;
