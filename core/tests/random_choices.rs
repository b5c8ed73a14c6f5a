//! SPOP, SRANDMEMBER, HRANDFIELD, ZRANDMEMBER and RANDOMKEY choose uniformly, from every encoding and with every form of
//! count: Pearson's chi-squared over many choices. Seeds are fixed, so that the outcome is.
//!
//! Of k drawn without replacement from n, each is there with the same probability, but counts vary less than if the draws
//! were independent: by (n − k) / (n − 1), which the statistic is divided by.

use std::collections::BTreeMap;

use etalon_core::args::OwnedArgs;
use etalon_core::config::Config;
use etalon_core::engine::Engine;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::structures::Rng;
use etalon_core::time::Now;

const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };
/// Choices of each element that are expected.
const EXPECTED: usize = 100;

struct World {
    engine: Engine,
    client: ClientId,
}

impl World {
    fn new(seed: u64) -> World {
        let mut engine = Engine::new(Config::default(), seed, NOW);
        let peer = Peer { address: "127.0.0.1:1".into(), loopback: true, ..Peer::default() };
        let client = engine.connect(peer, NOW).expect("the first client is let in");
        World { engine, client }
    }

    /// Runs a command; the texts of its reply.
    fn say(&mut self, line: &str) -> Vec<String> {
        let args: OwnedArgs = line.split(' ').collect();
        let reply = self.engine.run_command(self.client, args.as_args(), NOW);
        let reply = String::from_utf8(reply).expect("ASCII");
        assert!(!reply.starts_with('-'), "{line}: {reply}");
        reply
            .split("\r\n")
            .filter(|line| !line.is_empty() && !line.starts_with(['*', '$', ':', '+']))
            .map(str::to_owned)
            .collect()
    }

    fn encoding(&mut self, key: &str) -> String {
        self.say(&format!("OBJECT ENCODING {key}")).remove(0)
    }
}

/// How often each was chosen.
#[derive(Default)]
struct Counts(BTreeMap<String, usize>);

impl Counts {
    fn add(&mut self, chosen: Vec<String>) {
        chosen.into_iter().for_each(|element| *self.0.entry(element).or_default() += 1);
    }

    /// Whether counts of `n` elements look like those of uniform draws, `at_once` of them without replacement. It is told
    /// wrongly once in 50,000 times.
    fn is_uniform(&self, n: usize, at_once: usize) -> bool {
        let total: usize = self.0.values().sum();
        let expected = total as f64 / n as f64;
        let missing = (n - self.0.len()) as f64 * expected;
        let chi_squared =
            missing + self.0.values().map(|&count| (count as f64 - expected).powi(2) / expected).sum::<f64>();
        let chi_squared = chi_squared * (n - 1) as f64 / (n - at_once) as f64;
        // Wilson and Hilferty: its cube root is nearly normal.
        let variance = 2.0 / (9.0 * (n - 1) as f64);
        let deviation = ((chi_squared / (n - 1) as f64).cbrt() - (1.0 - variance)) / variance.sqrt();
        deviation.abs() < 4.26
    }
}

/// A value of `n` elements: what was added, thinned out if `holes`, so that a table has empty places.
struct Made {
    world: World,
    n: usize,
    add: fn(usize) -> String,
}

fn made(add: fn(usize) -> String, remove: &str, n: usize, holes: bool, encoding: &str) -> Made {
    let mut world = World::new(n as u64);
    let grown = if holes { 8 * n } else { n };
    (0..grown).for_each(|i| _ = world.say(&add(i)));
    (n..grown).for_each(|i| {
        _ = world.say(&format!("{remove} k e{i}").replace(" e", if encoding == "intset" { " " } else { " e" }))
    });
    assert_eq!(world.encoding("k"), encoding);
    Made { world, n, add }
}

/// Values of every encoding, small ones and large ones.
fn values(command: &str) -> Vec<Made> {
    let set: fn(usize) -> String = |i| format!("SADD k e{i}");
    let integers: fn(usize) -> String = |i| format!("SADD k {i}");
    let hash: fn(usize) -> String = |i| format!("HSET k e{i} v");
    // Too long for a listpack.
    let long_hash: fn(usize) -> String = |i| format!("HSET k e{i} {:065}", 0);
    let sorted_set: fn(usize) -> String = |i| format!("ZADD k {} e{i}", i % 5);
    match command {
        "HRANDFIELD" => vec![
            made(hash, "HDEL", 12, false, "listpack"),
            made(long_hash, "HDEL", 100, false, "hashtable"),
            made(long_hash, "HDEL", 40, true, "hashtable"),
        ],
        "ZRANDMEMBER" => vec![
            made(sorted_set, "ZREM", 12, false, "listpack"),
            made(sorted_set, "ZREM", 129, false, "skiplist"),
            made(sorted_set, "ZREM", 40, true, "skiplist"),
        ],
        _ => vec![
            made(integers, "SREM", 12, false, "intset"),
            made(set, "SREM", 12, false, "hashtable"),
            made(set, "SREM", 100, false, "hashtable"),
            made(set, "SREM", 40, true, "hashtable"),
        ],
    }
}

/// Draws with each of these counts (0: none given) and judges them.
fn judge(command: &str, counts: &[i64]) {
    for &count in counts {
        for mut made in values(command) {
            let mut seen = Counts::default();
            let each = count.unsigned_abs().max(1) as usize;
            if count > made.n as i64 - 5 {
                continue;
            }
            for _ in 0..EXPECTED * made.n / each {
                let line = if count == 0 { format!("{command} k") } else { format!("{command} k {count}") };
                let chosen = made.world.say(&line);
                assert_eq!(chosen.len(), each, "{line}");
                if command == "SPOP" {
                    for element in &chosen {
                        let index = element.trim_start_matches('e').parse().expect("a number");
                        made.world.say(&(made.add)(index));
                    }
                }
                seen.add(chosen);
            }
            let at_once = if count > 0 { each } else { 1 };
            assert!(seen.is_uniform(made.n, at_once), "{command} {count} of {}: {:?}", made.n, seen.0);
        }
    }
}

#[test]
fn spop_is_uniform() {
    judge("SPOP", &[0, 1, 4]);
}

#[test]
fn srandmember_is_uniform() {
    judge("SRANDMEMBER", &[0, 1, 5, 30, -50]);
}

#[test]
fn hrandfield_is_uniform() {
    judge("HRANDFIELD", &[0, 1, 5, 30, -50]);
}

#[test]
fn zrandmember_is_uniform() {
    judge("ZRANDMEMBER", &[0, 1, 5, 30, -50]);
}

#[test]
fn randomkey_is_uniform() {
    for (n, grown) in [(10, 10), (120, 120), (50, 700)] {
        let mut world = World::new(3);
        (0..grown).for_each(|i| _ = world.say(&format!("SET e{i} x")));
        (n..grown).for_each(|i| _ = world.say(&format!("DEL e{i}")));
        let mut seen = Counts::default();
        (0..EXPECTED * n).for_each(|_| seen.add(world.say("RANDOMKEY")));
        assert!(seen.is_uniform(n, 1), "RANDOMKEY of {n}: {:?}", seen.0);
    }
}

#[test]
fn choosers_with_a_bias_are_told() {
    let drawn = |n: usize, mut choose: Box<dyn FnMut(&mut Rng) -> u64>| {
        let (mut rng, mut seen) = (Rng::new(5), Counts::default());
        (0..EXPECTED * n).for_each(|_| seen.add(vec![choose(&mut rng).to_string()]));
        seen.is_uniform(n, 1)
    };
    assert!(drawn(12, Box::new(|rng| rng.below(12))), "a good one passes");
    assert!(!drawn(12, Box::new(|rng| rng.below(16) % 12)), "modulo");
    assert!(!drawn(12, Box::new(|rng| rng.below(11))), "one is never chosen");
    // Buckets first, then one of the bucket: those in full buckets are chosen less often.
    let bucket_of = |i: u64| (i * 7 + i / 3) % 4;
    let by_bucket = move |rng: &mut Rng| loop {
        let bucket = rng.below(4);
        let inside: Vec<u64> = (0..15).filter(|&i| bucket_of(i) == bucket || i > 11 && bucket == 0).collect();
        if !inside.is_empty() {
            return inside[rng.below(inside.len() as u64) as usize] % 12;
        }
    };
    assert!(!drawn(12, Box::new(by_bucket)), "buckets");
    // A place, and from an empty one on to the next that is taken: those behind holes are chosen more often.
    let places = [0u64, 1, 2, 3, 20, 21, 22, 40, 41, 42, 50, 60];
    let next_taken = move |rng: &mut Rng| {
        let place = rng.below(61);
        places.iter().copied().find(|&taken| taken >= place).expect("the last is taken")
    };
    assert!(!drawn(12, Box::new(next_taken)), "holes");
    let mut even = Counts::default();
    (0..12).for_each(|i| _ = even.0.insert(i.to_string(), EXPECTED));
    assert!(!even.is_uniform(12, 1), "too even to be random");
}
