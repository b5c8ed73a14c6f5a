//! What ZUNION, ZINTER and ZDIFF read: sorted sets, and sets, whose members all have the score 1.

use crate::commands::{Args, CommandError, Ctx};
use crate::keyspace::Lookup;
use crate::keyspace::db::Db;
use crate::numbers::integer::DecimalBuffer;
use crate::types::{SetRef, SortedSetRef, ValueRef};

/// The score of every member of a set.
const MEMBER_SCORE: f64 = 1.0;

/// One key that is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    Missing,
    SortedSet(SortedSetRef<'a>),
    Set(SetRef<'a>),
}

/// Looks all keys up, with the effects of reading them. Which of them are there. Errors: WrongType.
pub(super) fn look_up(ctx: &mut Ctx<'_>, keys: Args<'_>) -> Result<Vec<bool>, CommandError> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys.iter() {
        let slot = ctx.db.lookup(key, Lookup::NORMAL);
        if let Some(slot) = slot
            && !matches!(ctx.db.db().value(slot), ValueRef::SortedSet(_) | ValueRef::Set(_))
        {
            return Err(CommandError::WrongType);
        }
        found.push(slot.is_some());
    }
    Ok(found)
}

/// The keys that [`look_up`] found: looked for once more, since a look-up that deletes an overdue key moves others.
pub(super) fn resolve<'a>(db: &'a Db, keys: Args<'_>, found: &[bool]) -> Vec<Source<'a>> {
    let one = |(key, &found): (&[u8], &bool)| match db.find(db.hash(key), key).filter(|_| found).map(|s| db.value(s)) {
        None => Source::Missing,
        Some(ValueRef::SortedSet(set)) => Source::SortedSet(set),
        Some(ValueRef::Set(set)) => Source::Set(set),
        Some(_) => unreachable!("the type was checked"),
    };
    keys.iter().zip(found).map(one).collect()
}

impl Source<'_> {
    pub fn len(self) -> usize {
        match self {
            Source::Missing => 0,
            Source::SortedSet(set) => set.len(),
            Source::Set(set) => set.len(),
        }
    }

    /// The score of a member. O(1), or O(members) of a listpack.
    pub fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Source::Missing => None,
            Source::SortedSet(set) => set.score(member),
            Source::Set(set) => set.contains(member).then_some(MEMBER_SCORE),
        }
    }

    /// Gives all members with their scores, while `visit` wants them.
    pub fn each(self, mut visit: impl FnMut(&[u8], f64) -> bool) {
        let mut buffer = DecimalBuffer::new();
        match self {
            Source::Missing => {}
            Source::SortedSet(set) => _ = set.iter().all(|(member, score)| visit(member.text(&mut buffer), score)),
            Source::Set(set) => _ = set.iter().all(|member| visit(member.text(&mut buffer), MEMBER_SCORE)),
        }
    }
}
