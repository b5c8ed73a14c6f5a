//! How many requests share a sync of the log (`appendfsync always`).
//!
//! A sync costs the same for one request as for hundreds: besides the disk's time some 50 to 100 us of the machine's. A turn
//! ends with what had arrived when it began, and a server that is done with that quickly syncs often for few: with 500 clients on
//! two cores 45 requests to a sync, where a slower server gets 240 and the whole machine answers a tenth more. So before a turn
//! that needs a sync ends, the loop rests for those clients that are likely to come, if there are enough of them to be worth it:
//! until half of those that were active of late are in, and not for long. The other half keeps the machine busy meanwhile.

use std::time::Duration;

/// About what a request costs. Clients that are missing keep the machine busy for that long each.
const REQUEST: Duration = Duration::from_micros(5);
/// A turn is held up no longer than that.
const WAIT_MAX: Duration = Duration::from_micros(500);
/// Bounds of one rest.
const REST_MIN: Duration = Duration::from_micros(50);
const REST_MAX: Duration = Duration::from_micros(300);

/// How long the loop rests before it looks for more requests; `None`: what is there is worth a sync. `arrived`: requests of this turn;
/// `active`: clients that were active of late; `sync`: what a sync takes; `waited`: how long this turn has been held up.
pub fn rest(arrived: usize, active: usize, sync: Duration, waited: Duration) -> Option<Duration> {
    let rest = sync.clamp(REST_MIN, REST_MAX);
    let missing = active.saturating_sub(arrived).min(u16::MAX.into()) as u32;
    let pays = arrived < active / 2 && REQUEST * missing > sync + rest;
    (pays && waited < WAIT_MAX).then_some(rest)
}

/// How many clients have been active of late.
pub struct Activity {
    period: u64,
    now: usize,
    before: usize,
}

/// In which period a client was active last; at first in none.
#[derive(Clone, Copy, Default)]
pub struct LastActive(u64);

impl Activity {
    pub fn new() -> Activity {
        Activity { period: 1, now: 0, before: 0 }
    }

    /// A client has sent something.
    #[inline]
    pub fn note(&mut self, last: &mut LastActive) {
        self.now += usize::from(last.0 != self.period);
        last.0 = self.period;
    }

    /// A period ends; the counts of two are kept.
    pub fn end_period(&mut self) {
        self.period += 1;
        self.before = std::mem::take(&mut self.now);
    }

    /// Clients that were active in this period or in the one before, whichever were more.
    pub fn clients(&self) -> usize {
        self.now.max(self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    #[test]
    fn a_turn_waits_for_half_of_many_clients() {
        assert_eq!(rest(40, 500, us(200), us(0)), Some(us(200)));
        assert_eq!(rest(249, 500, us(200), us(400)), Some(us(200)));
        assert_eq!(rest(250, 500, us(200), us(0)), None, "half are in");
        assert_eq!(rest(40, 500, us(200), us(500)), None, "it was held up for long enough");
        assert_eq!(rest(40, 500, us(0), us(0)), Some(us(50)), "no busy loop");
    }

    #[test]
    fn a_turn_does_not_wait_for_few() {
        assert_eq!(rest(1, 1, us(200), us(0)), None);
        assert_eq!(
            rest(10, 50, us(200), us(0)),
            None,
            "40 clients don't keep the machine busy for as long as the sync"
        );
        assert_eq!(rest(600, 500, us(200), us(0)), None);
    }

    #[test]
    fn clients_are_counted_once_a_period() {
        let mut activity = Activity::new();
        let mut clients = [LastActive::default(); 3];
        for client in &mut clients {
            activity.note(client);
            activity.note(client);
        }
        assert_eq!(activity.clients(), 3);
        activity.end_period();
        activity.note(&mut clients[0]);
        assert_eq!(activity.clients(), 3, "of the period before");
        activity.end_period();
        assert_eq!(activity.clients(), 1);
        activity.end_period();
        assert_eq!(activity.clients(), 0);
    }
}
