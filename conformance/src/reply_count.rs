//! How many replies a command has coming: the differ sends hundreds of commands before it reads.
//!
//! One, for every command but these:
//!
//! | command               | replies                                                             |
//! |-----------------------|---------------------------------------------------------------------|
//! | `CLIENT REPLY OFF`    | none, and none for what follows, errors included                    |
//! | `CLIENT REPLY SKIP`   | none, and none for the next command                                 |
//! | `CLIENT REPLY ON`     | one, whatever the state                                             |
//! | `QUIT`                | one; the connection ends and what follows is not run                |
//! | anything after `MULTI`| one, since it is queued (what EXEC then runs is not looked at)      |
//! | `RESET`               | one (unless SKIP came before), and replies are on again             |
//!
//! Source: observed on 7.0.15.

/// The reply state of one connection.
#[derive(Clone, Debug, Default)]
pub struct ReplyCount {
    off: bool,
    skip_next: bool,
    ended: bool,
    /// Between MULTI and EXEC or DISCARD.
    queues: bool,
}

impl ReplyCount {
    /// Has the client said QUIT?
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// The replies that this command will have.
    pub fn expect<A: AsRef<[u8]>>(&mut self, args: &[A]) -> usize {
        if self.ended {
            return 0;
        }
        let Some(name) = args.first().map(AsRef::as_ref) else {
            return 0;
        };
        let skipped = std::mem::take(&mut self.skip_next);
        let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
        if self.queues && !is("exec") && !is("discard") && !is("reset") && !is("quit") {
            return usize::from(!self.off && !skipped);
        }
        self.queues = is("multi") && args.len() == 1 || self.queues && !is("exec") && args.len() > 1;
        if name.eq_ignore_ascii_case(b"quit") {
            self.ended = true;
        } else if name.eq_ignore_ascii_case(b"reset") && args.len() == 1 {
            *self = ReplyCount::default();
            return usize::from(!skipped);
        } else if name.eq_ignore_ascii_case(b"client")
            && args.len() == 3
            && args[1].as_ref().eq_ignore_ascii_case(b"reply")
        {
            let mode = args[2].as_ref();
            if mode.eq_ignore_ascii_case(b"on") {
                self.off = false;
                return 1;
            } else if mode.eq_ignore_ascii_case(b"off") {
                self.off = true;
            } else if mode.eq_ignore_ascii_case(b"skip") {
                self.skip_next = !self.off;
                return 0;
            }
        }
        usize::from(!self.off && !skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_modes_silence_what_they_say() {
        let mut count = ReplyCount::default();
        let mut expect = |line: &str| count.expect(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(["PING", "CLIENT REPLY SKIP", "PING", "PING"].map(&mut expect), [1, 0, 0, 1]);
        assert_eq!(["CLIENT REPLY OFF", "NOSUCH", "client reply on", "PING"].map(&mut expect), [0, 0, 1, 1]);
        assert_eq!(["CLIENT REPLY SKIP", "CLIENT REPLY ON", "PING"].map(&mut expect), [0, 1, 1]);
        let queued = ["MULTI", "CLIENT REPLY SKIP", "CLIENT REPLY OFF", "RESET", "PING", "CLIENT REPLY SKIP", "PING"];
        assert_eq!(queued.map(&mut expect), [1, 1, 1, 1, 1, 0, 0]);
        let refused = ["MULTI", "DISCARD it", "CLIENT REPLY SKIP", "EXEC now", "CLIENT REPLY SKIP", "PING"];
        assert_eq!(refused.map(&mut expect), [1, 1, 1, 1, 0, 0], "EXEC ends a transaction even when it is refused");
        assert_eq!(["QUIT", "PING"].map(&mut expect), [1, 0]);
    }
}
