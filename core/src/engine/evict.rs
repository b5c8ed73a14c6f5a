//! Eviction: what happens when the data outgrows `maxmemory`.
//!
//! | policy | what goes |
//! |---|---|
//! | `noeviction` | nothing: commands that need memory are refused |
//! | `allkeys-lru`, `volatile-lru` | of a few sampled keys, the one idle for longest |
//! | `allkeys-lfu`, `volatile-lfu` | of a few sampled keys, the one used most rarely |
//! | `allkeys-random`, `volatile-random` | a sampled key |
//! | `volatile-ttl` | the key that expires first |
//!
//! Source: the description of `maxmemory-policy` in redis.conf and the observed order of DEL and event. Deviations: samples
//! are compared afresh for each eviction, without a pool that remembers earlier ones; `volatile-ttl` is exact,
//! because the expiry index is ordered; a call evicts a bounded number of keys instead of a bounded time, and what is left
//! over is done by the next call or by the cron.

use super::Engine;
use crate::config::MaxmemoryPolicy as Policy;
use crate::keyspace::{Database, Db, DbIndex};
use crate::structures::{Rng, Slot};

/// Keys that one call evicts at most, so that no client waits for more.
const KEYS_PER_CALL: usize = 256;
/// Tries at finding a volatile key among all keys before the expiry index is asked.
const VOLATILE_TRIES: usize = 4;

/// Whether memory is within its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eviction {
    Enough,
    /// Above the limit, and more can be evicted by the next call.
    Running,
    /// Above the limit, and nothing may be evicted.
    Failed,
}

/// A key that may go: the higher the rank, the sooner.
struct Candidate {
    rank: u64,
    db: DbIndex,
    key: Vec<u8>,
}

impl Engine {
    /// Evicts until the data is within `maxmemory`, up to the bound of a call.
    #[cold]
    pub(super) fn evict(&mut self) -> Eviction {
        if !self.is_over_maxmemory() || self.persistence.is_loading() {
            return Eviction::Enough;
        }
        let started = self.stopwatch_us();
        let eviction = self.evict_some();
        self.note_latency("eviction-cycle", self.stopwatch_us().saturating_sub(started));
        eviction
    }

    fn evict_some(&mut self) -> Eviction {
        let is_timed = self.config.latency_monitor_threshold > 0;
        for _ in 0..KEYS_PER_CALL {
            if !self.is_over_maxmemory() {
                return Eviction::Enough;
            }
            let Some(candidate) = self.candidate() else { return Eviction::Failed };
            let started = if is_timed { self.stopwatch_us() } else { 0 };
            let mut db = Database::new(
                &mut self.keyspace,
                candidate.db,
                &mut self.effects,
                &mut self.rng,
                self.now,
                self.policy,
            );
            db.evict(&candidate.key, self.config.lazyfree_lazy_eviction);
            self.stats.evicted_keys += 1;
            if is_timed {
                self.note_latency("eviction-del", self.stopwatch_us().saturating_sub(started));
            }
            self.flush_effects(None);
        }
        if self.is_over_maxmemory() { Eviction::Running } else { Eviction::Enough }
    }

    /// Whether the data is over `maxmemory`, as it was found before the running command.
    #[cfg(feature = "lua")]
    pub(crate) fn memory_is_short(&self) -> bool {
        self.config.maxmemory > 0 && self.is_over_maxmemory()
    }

    /// The cron's part: goes on with what commands left over. Whether more is left.
    pub(super) fn evict_cycle(&mut self) -> bool {
        self.config.maxmemory > 0
            && self.config.maxmemory_policy != Policy::NoEviction
            && self.cron.pause.is_none()
            && self.evict() == Eviction::Running
    }

    fn candidate(&mut self) -> Option<Candidate> {
        let policy = self.config.maxmemory_policy;
        if policy == Policy::NoEviction {
            return None;
        }
        let volatile =
            matches!(policy, Policy::VolatileLru | Policy::VolatileLfu | Policy::VolatileRandom | Policy::VolatileTtl);
        let samples = match policy {
            Policy::AllkeysRandom | Policy::VolatileRandom | Policy::VolatileTtl => 1,
            _ => self.config.maxmemory_samples as usize,
        };
        let mut best: Option<Candidate> = None;
        // A random first database, so that among equals none is preferred.
        let count = self.keyspace.count();
        let first = self.rng.below(count as u64) as usize;
        for offset in 0..count {
            let index = DbIndex(((first + offset) % count) as u32);
            let db = self.keyspace.db(index);
            if db.is_empty() || volatile && db.expiry_index().is_empty() {
                continue;
            }
            for _ in 0..samples {
                let sampled = match (policy, volatile) {
                    (Policy::VolatileTtl, _) => first_to_expire(db),
                    (_, true) => random_volatile(db, &mut self.rng),
                    (_, false) => db.random(&mut self.rng),
                };
                let Some(slot) = sampled else { continue };
                let rank = self.rank(db, slot);
                if best.as_ref().is_none_or(|best| rank > best.rank) {
                    best = Some(Candidate { rank, db: index, key: db.key(slot).to_vec() });
                }
            }
        }
        best
    }

    /// How readily a key goes under the policy in force.
    fn rank(&self, db: &Db, slot: Slot) -> u64 {
        let payload = db.payload(slot);
        match self.config.maxmemory_policy {
            Policy::AllkeysLru | Policy::VolatileLru => payload.recency().idle_s(self.now),
            Policy::AllkeysLfu | Policy::VolatileLfu => {
                u8::MAX as u64 - payload.recency().decayed(self.now, self.policy.recency) as u64
            }
            Policy::VolatileTtl => {
                let at = payload.expiry().map_or(i64::MAX, |at| at.0);
                // Order-reversing, so that the earliest ranks highest.
                (i64::MAX as i128 - at as i128) as u64
            }
            Policy::AllkeysRandom | Policy::VolatileRandom | Policy::NoEviction => 0,
        }
    }
}

fn first_to_expire(db: &Db) -> Option<Slot> {
    let (at, hash) = db.expiry_index().first()?;
    db.find_expiring(hash, at)
}

/// A key with an expiry: by sampling all keys, and if those are too rare, one near a random moment of the index.
fn random_volatile(db: &Db, rng: &mut Rng) -> Option<Slot> {
    for _ in 0..VOLATILE_TRIES {
        let slot = db.random(rng)?;
        if db.payload(slot).expires() {
            return Some(slot);
        }
    }
    let (at, hash) = db.expiry_index().near_random(rng)?;
    db.find_expiring(hash, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::OwnedArgs;
    use crate::config::Config;
    use crate::engine::client::{ClientId, Peer};
    use crate::time::Now;

    struct World {
        engine: Engine,
        client: ClientId,
        now: Now,
    }

    impl World {
        fn new(policy: Policy) -> World {
            let now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };
            let mut engine = Engine::new(Config { maxmemory_policy: policy, ..Config::default() }, 3, now);
            let client = engine.connect(Peer { loopback: true, ..Peer::default() }, now).expect("let in");
            World { engine, client, now }
        }

        fn run(&mut self, words: &[&str]) -> String {
            let args: OwnedArgs = words.iter().collect();
            let reply = self.engine.run_command(self.client, args.as_args(), self.now);
            String::from_utf8(reply).expect("replies of these tests are text")
        }

        fn pass(&mut self, seconds: u64) {
            self.now.unix_us += seconds * 1_000_000;
            self.now.monotonic_us += seconds * 1_000_000;
        }

        fn fill(&mut self, count: usize, option: &[&str]) {
            for i in 0..count {
                let key = format!("key:{i}");
                let words: Vec<&str> =
                    ["SET", &key, "some value of a few bytes"].iter().chain(option).copied().collect();
                self.run(&words);
            }
        }

        /// Lets `maxmemory` be what is used now, so that every further key pushes one out.
        fn limit_to_now(&mut self) {
            self.engine.config.maxmemory = self.engine.data_bytes() as u64;
        }
    }

    #[test]
    fn without_a_policy_commands_that_need_memory_are_refused_and_nothing_goes() {
        let mut world = World::new(Policy::NoEviction);
        world.fill(100, &[]);
        world.engine.config.maxmemory = 1;
        assert!(world.run(&["SET", "more", "x"]).starts_with("-OOM command not allowed"));
        assert_eq!(world.run(&["GET", "key:5"]), "$25\r\nsome value of a few bytes\r\n");
        assert_eq!(world.run(&["DBSIZE"]), ":100\r\n");
    }

    #[test]
    fn the_least_recently_used_keys_go_first() {
        let mut world = World::new(Policy::AllkeysLru);
        world.fill(1000, &[]);
        world.pass(60);
        for i in 0..500 {
            world.run(&["GET", &format!("key:{i}")]);
        }
        world.limit_to_now();
        for i in 0..300 {
            world.run(&["SET", &format!("new:{i}"), "some value of a few bytes"]);
        }
        let left = |world: &mut World, range: std::ops::Range<usize>| {
            range.filter(|i| world.run(&["EXISTS", &format!("key:{i}")]) == ":1\r\n").count()
        };
        let (used, unused) = (left(&mut world, 0..500), left(&mut world, 500..1000));
        assert!(world.engine.stats.evicted_keys >= 250, "{}", world.engine.stats.evicted_keys);
        assert!(used > 450 && unused < 280, "{used} of the used and {unused} of the unused keys are left");
    }

    #[test]
    fn volatile_policies_spare_keys_without_expiry() {
        for policy in [Policy::VolatileLru, Policy::VolatileLfu, Policy::VolatileRandom, Policy::VolatileTtl] {
            let mut world = World::new(policy);
            world.fill(50, &["EX", "1000"]);
            world.run(&["SET", "kept", "x"]);
            world.engine.config.maxmemory = 1;
            assert!(world.run(&["SET", "more", "x"]).starts_with("-OOM"), "{policy:?}: nothing volatile is left");
            assert_eq!(world.run(&["DBSIZE"]), ":1\r\n", "{policy:?}");
            assert_eq!(world.run(&["GET", "kept"]), "$1\r\nx\r\n");
        }
    }

    #[test]
    fn the_key_that_expires_first_goes_first() {
        let mut world = World::new(Policy::VolatileTtl);
        world.fill(50, &["EX", "1000"]);
        world.run(&["SET", "soon", "x", "EX", "10"]);
        world.limit_to_now();
        world.run(&["SET", "new", "some value of a few bytes"]);
        world.run(&["PING"]);
        assert_eq!(world.run(&["EXISTS", "soon"]), ":0\r\n");
        assert_eq!(world.run(&["DBSIZE"]), ":51\r\n");
    }

    #[test]
    fn an_eviction_is_journalled_as_a_deletion() {
        let mut world = World::new(Policy::AllkeysRandom);
        world.fill(1, &[]);
        world.engine.keep_journal(true);
        world.engine.config.maxmemory = 1;
        world.run(&["PING"]);
        let journal = String::from_utf8(world.engine.take_propagated()).expect("text");
        assert!(journal.ends_with("*2\r\n$3\r\nDEL\r\n$5\r\nkey:0\r\n"), "{journal}");
    }

    #[test]
    fn one_call_evicts_a_bounded_number_and_the_cron_does_the_rest() {
        let mut world = World::new(Policy::AllkeysRandom);
        world.fill(2000, &[]);
        world.engine.config.maxmemory = 1;
        world.run(&["PING"]);
        assert_eq!(world.engine.keyspace().len(), 2000 - KEYS_PER_CALL);
        for _ in 0..20 {
            world.pass(1);
            world.engine.handle_timeout(world.now);
        }
        assert_eq!(world.engine.keyspace().len(), 0);
    }
}
