//! What clients of the disk profile send: writes of all types to a few keys, transactions, and what makes files.

use etalon_core::structures::Rng;

use crate::plan::Command;
use crate::trace::printable;

/// A seed's own mix.
pub struct Mix {
    keys: u64,
    databases: u64,
    weights: [u64; FAMILIES.len()],
    /// Of 32 sendings: how many are about files.
    files: u64,
    transactions: u64,
    scripts: bool,
    long_values: bool,
    /// There is a log.
    log: bool,
    /// It is turned on and off all the time.
    toggles: bool,
    /// Nothing goes wrong with the disk but crashes.
    is_sound: bool,
}

type Family = fn(&mut Rng, &Mix) -> Command;

const FAMILIES: &[Family] = &[
    |rng, mix| words(&["SET", &mix.key(rng, 's'), &mix.value(rng)]),
    |rng, mix| words(&["SET", &mix.key(rng, 's'), &mix.value(rng), "PX", &millis(rng)]),
    |rng, mix| words(&[pick(rng, &["INCR", "DECR", "GETDEL", "STRLEN", "GET", "PING"]), &mix.key(rng, 'n')]),
    |rng, mix| words(&["APPEND", &mix.key(rng, 's'), &mix.value(rng)]),
    |rng, mix| words(&["SETRANGE", &mix.key(rng, 's'), &number(rng), &mix.value(rng)]),
    |rng, mix| words(&["SETBIT", &mix.key(rng, 's'), &number(rng), "1"]),
    |rng, mix| words(&["MSET", &mix.key(rng, 's'), &mix.value(rng), &mix.key(rng, 'n'), &number(rng)]),
    |rng, mix| words(&[pick(rng, &["RPUSH", "LPUSH"]), &mix.key(rng, 'l'), &mix.value(rng), &number(rng)]),
    |rng, mix| match rng.below(4) {
        0 => words(&["LTRIM", &mix.key(rng, 'l'), "0", "3"]),
        1 => words(&["LMOVE", &mix.key(rng, 'l'), &mix.key(rng, 'l'), "LEFT", "RIGHT"]),
        2 => words(&["LREM", &mix.key(rng, 'l'), "1", &number(rng)]),
        _ => words(&[pick(rng, &["LPOP", "RPOP"]), &mix.key(rng, 'l')]),
    },
    |rng, mix| match rng.below(3) {
        0 => words(&["BLPOP", &mix.key(rng, 'l'), &mix.key(rng, 'l'), "0.1"]),
        1 => words(&["BLMOVE", &mix.key(rng, 'l'), &mix.key(rng, 'l'), "LEFT", "RIGHT", "1"]),
        _ => words(&["BZPOPMIN", &mix.key(rng, 'z'), "0.5"]),
    },
    |rng, mix| match rng.below(4) {
        0 => words(&["HDEL", &mix.key(rng, 'h'), &number(rng)]),
        1 => words(&["HINCRBY", &mix.key(rng, 'h'), "count", &number(rng)]),
        _ => words(&["HSET", &mix.key(rng, 'h'), &number(rng), &mix.value(rng)]),
    },
    |rng, mix| match rng.below(4) {
        0 => words(&["SPOP", &mix.key(rng, 'm')]),
        1 => words(&["SMOVE", &mix.key(rng, 'm'), &mix.key(rng, 'm'), &number(rng)]),
        2 => words(&["SUNIONSTORE", &mix.key(rng, 'm'), &mix.key(rng, 'm'), &mix.key(rng, 'm')]),
        _ => words(&["SADD", &mix.key(rng, 'm'), &number(rng), &mix.value(rng)]),
    },
    |rng, mix| match rng.below(4) {
        0 => words(&["ZPOPMIN", &mix.key(rng, 'z')]),
        1 => words(&["ZINCRBY", &mix.key(rng, 'z'), "1.5", &number(rng)]),
        2 => words(&["ZREMRANGEBYRANK", &mix.key(rng, 'z'), "0", "0"]),
        _ => words(&["ZADD", &mix.key(rng, 'z'), &number(rng), &mix.value(rng)]),
    },
    |rng, mix| match rng.below(8) {
        0 => words(&["XTRIM", &mix.key(rng, 'x'), "MAXLEN", "3"]),
        1 => words(&["XGROUP", "CREATE", &mix.key(rng, 'x'), "g", "0", "MKSTREAM"]),
        2..=3 => words(&["XREADGROUP", "GROUP", "g", "me", "COUNT", "1", "STREAMS", &mix.key(rng, 'x'), ">"]),
        4 => words(&["XACK", &mix.key(rng, 'x'), "g", &format!("{}-1", rng.below(9) + 1)]),
        5 => words(&["XADD", &mix.key(rng, 'x'), &format!("{}-1", rng.below(9) + 1), "f", &mix.value(rng)]),
        _ => words(&["XADD", &mix.key(rng, 'x'), "*", "f", &mix.value(rng)]),
    },
    |rng, mix| words(&["PFADD", &mix.key(rng, 'p'), &number(rng)]),
    |rng, mix| words(&[pick(rng, &["DEL", "UNLINK"]), &mix.any_key(rng), &mix.any_key(rng)]),
    |rng, mix| words(&["PEXPIRE", &mix.any_key(rng), &millis(rng)]),
    |rng, mix| words(&["PERSIST", &mix.any_key(rng)]),
    |rng, mix| words(&["RENAME", &mix.any_key(rng), &mix.any_key(rng)]),
    |rng, mix| words(&["COPY", &mix.any_key(rng), &mix.any_key(rng), "REPLACE"]),
    |rng, mix| words(&["MOVE", &mix.any_key(rng), &mix.db(rng)]),
    |rng, mix| words(&["SELECT", &mix.db(rng)]),
    |rng, mix| match rng.below(4) {
        0 => words(&["FLUSHALL"]),
        1 => words(&["FLUSHDB"]),
        _ => words(&["SWAPDB", &mix.db(rng), &mix.db(rng)]),
    },
    |rng, mix| words(&["SORT", &mix.key(rng, 'l'), "ALPHA", "STORE", &mix.key(rng, 'l')]),
];

impl Mix {
    pub fn draw(rng: &mut Rng, databases: u32, log: bool, is_sound: bool) -> Mix {
        let mut mix = Mix {
            keys: 1 + rng.below(4),
            databases: u64::from(databases),
            weights: [0; FAMILIES.len()],
            files: [1, 4, 12][rng.below(3) as usize],
            transactions: rng.below(8),
            // A Lua state takes longer to make than a whole run.
            scripts: rng.below(128) == 0,
            long_values: rng.below(4) == 0,
            log,
            toggles: log && rng.below(4) == 0,
            is_sound,
        };
        for weight in &mut mix.weights {
            *weight = [0, 0, 1, 1, 2, 8][rng.below(6) as usize];
        }
        mix.weights[0] = mix.weights[0].max(2);
        mix
    }

    /// What is sent in one go.
    pub fn commands(&self, rng: &mut Rng) -> Vec<Command> {
        if rng.below(32) < self.files {
            return vec![self.file_command(rng)];
        }
        if rng.below(32) < self.transactions {
            let mut commands = vec![words(&["MULTI"])];
            commands.extend((0..1 + rng.below(4)).map(|_| self.command(rng)));
            if rng.below(8) == 0 {
                commands.push(self.file_command(rng));
            }
            // Left open, and ended by a later sending or by the connection's end.
            if rng.below(8) > 0 {
                commands.push(words(&[if rng.below(8) == 0 { "DISCARD" } else { "EXEC" }]));
            }
            return commands;
        }
        let count = if rng.below(3) == 0 { 1 + rng.below(6) } else { 1 };
        (0..count).map(|_| self.command(rng)).collect()
    }

    fn command(&self, rng: &mut Rng) -> Command {
        if self.scripts && rng.below(8) == 0 {
            let script = "redis.call('SET', KEYS[1], ARGV[1]) redis.call('INCR', KEYS[2]) return ARGV[1]";
            return words(&["EVAL", script, "2", &self.key(rng, 's'), &self.key(rng, 'n'), &self.value(rng)]);
        }
        let total: u64 = self.weights.iter().sum();
        let mut at = rng.below(total);
        for (family, &weight) in FAMILIES.iter().zip(&self.weights) {
            if at < weight {
                return family(rng, self);
            }
            at -= weight;
        }
        unreachable!("the weights add up")
    }

    fn file_command(&self, rng: &mut Rng) -> Command {
        if self.log && rng.below(2) == 0 {
            return self.log_command(rng);
        }
        match rng.below(16) {
            0..=3 => words(&["BGSAVE"]),
            4..=5 => words(&["SAVE"]),
            6 => words(&["BGSAVE", "SCHEDULE"]),
            // It leaves out what has expired, without a word in the log.
            7 if !self.log => words(&["DEBUG", "RELOAD"]),
            7 => words(&["BGSAVE"]),
            8 if !self.log => words(&["DEBUG", "RELOAD", "NOSAVE"]),
            8..=9 => words(&["FLUSHALL"]),
            10 => words(&["SHUTDOWN", pick(rng, &["NOSAVE", "SAVE", "NOSAVE FORCE", "SAVE FORCE"])]),
            11 => words(&["CONFIG", "SET", "save", pick(rng, &["", "1 1", "2 3", "1 5 3 1"])]),
            12 => words(&["CONFIG", "SET", "rdbcompression", pick(rng, &["yes", "no"])]),
            13 => words(&["CONFIG", "SET", "rdb-save-incremental-fsync", pick(rng, &["yes", "no"])]),
            14 => words(&["CONFIG", "SET", "stop-writes-on-bgsave-error", pick(rng, &["yes", "no"])]),
            _ => words(&["LASTSAVE"]),
        }
    }

    fn log_command(&self, rng: &mut Rng) -> Command {
        if self.toggles && rng.below(2) == 0 {
            return words(&["CONFIG", "SET", "appendonly", pick(rng, &["yes", "no"])]);
        }
        match rng.below(16) {
            0..=5 => words(&["BGREWRITEAOF"]),
            6..=7 => words(&["CONFIG", "SET", "appendonly", pick(rng, &["yes", "yes", "no"])]),
            8..=9 => words(&["CONFIG", "SET", "appendfsync", pick(rng, &["always", "everysec", "no"])]),
            10 => words(&["CONFIG", "SET", "auto-aof-rewrite-percentage", pick(rng, &["0", "1", "50"])]),
            11 => words(&["CONFIG", "SET", "auto-aof-rewrite-min-size", pick(rng, &["1", "200", "2000"])]),
            12 => words(&["CONFIG", "SET", "aof-use-rdb-preamble", pick(rng, &["yes", "no"])]),
            13 => words(&["CONFIG", "SET", "no-appendfsync-on-rewrite", pick(rng, &["yes", "no"])]),
            14 => words(&["CONFIG", "SET", "aof-timestamp-enabled", pick(rng, &["yes", "no"])]),
            // What a failing sync has lost it loses from memory, too.
            _ if self.is_sound => words(&["DEBUG", "LOADAOF"]),
            _ => words(&["BGREWRITEAOF"]),
        }
    }

    fn key(&self, rng: &mut Rng, kind: char) -> String {
        format!("{kind}{}", rng.below(self.keys))
    }

    fn any_key(&self, rng: &mut Rng) -> String {
        let kind = b"snlhmzxp"[rng.below(8) as usize];
        self.key(rng, char::from(kind))
    }

    fn db(&self, rng: &mut Rng) -> String {
        rng.below(self.databases).to_string()
    }

    fn value(&self, rng: &mut Rng) -> String {
        match rng.below(8) {
            0 => number(rng),
            1 => "x".repeat(rng.below(80) as usize),
            2 if self.long_values => letters(rng),
            _ => format!("v{}", rng.below(1000)),
        }
    }
}

/// Several sectors of what does not compress.
fn letters(rng: &mut Rng) -> String {
    (0..200 + rng.below(1500)).map(|_| char::from(b'a' + rng.below(26) as u8)).collect()
}

fn number(rng: &mut Rng) -> String {
    rng.below(12).to_string()
}

/// A time to live.
fn millis(rng: &mut Rng) -> String {
    let max = [50, 1_000, 100_000][rng.below(3) as usize];
    (1 + rng.below(max)).to_string()
}

fn pick<'a>(rng: &mut Rng, all: &[&'a str]) -> &'a str {
    all[rng.below(all.len() as u64) as usize]
}

fn words(words: &[&str]) -> Command {
    let is_split = words[0] == "SHUTDOWN";
    let split = |word: &&str| match is_split {
        true => word.split(' ').map(|part| part.as_bytes().to_vec()).collect(),
        false => vec![word.as_bytes().to_vec()],
    };
    words.iter().flat_map(split).collect()
}

/// Commands for a person.
pub fn shown(commands: &[Command]) -> String {
    let shown = commands.iter().map(|command| {
        let words: Vec<String> = command.iter().map(|word| printable(word)).collect();
        words.join(" ")
    });
    shown.collect::<Vec<_>>().join(" | ")
}
