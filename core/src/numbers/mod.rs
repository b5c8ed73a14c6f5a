//! Numbers as Redis reads and prints them: each file is one kind of number and its text form.

pub mod integer;
