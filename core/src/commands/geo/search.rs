//! The searches: GEOSEARCH, GEOSEARCHSTORE, GEORADIUS, GEORADIUSBYMEMBER, GEORADIUS_RO, GEORADIUSBYMEMBER_RO.
//!
//! ```text
//!   shape ──► up to nine cells ──► ranges of scores ──► members inside the shape ──► order, count ──► reply or store
//! ```
//!
//! Without an order, results come as the cells are read: the one in the middle, then N, S, E, W, NE, NW, SE, SW. With one,
//! equal distances stay as they were found; but where COUNT cuts off, [`sort_part`] decides, whose choice among equals is
//! Redis's.
//!
//! O(log n + members in the cells), and m log m for an order of m members inside.

use super::query::{Destination, Extras, Form, Order, Query};
use super::read::reply_point;
use crate::commands::sorted_set::store;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::resp::Reply;
use crate::structures::geohash::{Point, SearchShape, distance_text};
use crate::structures::{Item, sort_part};
use crate::types::sorted_set::{ScoreRange, ScoreTable};
use crate::types::{Limits, ReplyItem, SortedSet, SortedSetRef};

/// `GEORADIUS key longitude latitude radius unit [option ...] [STORE key | STOREDIST key]`
pub fn georadius(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    search(ctx, args, Form::AroundPoint { read_only: false })
}

/// `GEORADIUS_RO key longitude latitude radius unit [option ...]`
pub fn georadius_ro(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    search(ctx, args, Form::AroundPoint { read_only: true })
}

/// `GEORADIUSBYMEMBER key member radius unit [option ...] [STORE key | STOREDIST key]`
pub fn georadiusbymember(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    search(ctx, args, Form::AroundMember { read_only: false })
}

/// `GEORADIUSBYMEMBER_RO key member radius unit [option ...]`
pub fn georadiusbymember_ro(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    search(ctx, args, Form::AroundMember { read_only: true })
}

/// `GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius unit | BYBOX width height unit>
/// [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`
pub fn geosearch(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    search(ctx, args, Form::Search { stores: false })
}

/// `GEOSEARCHSTORE destination source <from> <by> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]`: how many were stored; none
/// delete the destination.
pub fn geosearchstore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    search(ctx, args, Form::Search { stores: true })
}

fn search(ctx: &mut Ctx<'_>, args: Args<'_>, form: Form) -> Result<Flow, CommandError> {
    let limits = ctx.db.policy().limits;
    let source = args.at(if form == (Form::Search { stores: true }) { 2 } else { 1 });
    let set = ctx.db.read_collection::<SortedSet>(source)?;
    let query = Query::parse(args, form, set)?;
    let found = match (set, query.shape) {
        (Some(set), Some(shape)) => find(set, &shape, &query),
        _ => Vec::new(),
    };
    match query.destination {
        Some(destination) => {
            let result = collect(&found, destination, &limits);
            let event = if matches!(form, Form::Search { .. }) { "geosearchstore" } else { "georadiusstore" };
            store(ctx, destination.key, result, event);
        }
        None => reply_found(ctx.reply, &found, query.extras),
    }
    Ok(Flow::Done)
}

/// A member inside the shape.
struct Found<'a> {
    member: Item<'a>,
    score: f64,
    point: Point,
    /// From the centre, in the unit of the search.
    distance: f64,
}

/// The members inside, in order, no more than asked for.
fn find<'a>(set: SortedSetRef<'a>, shape: &SearchShape, query: &Query<'_>) -> Vec<Found<'a>> {
    let enough = if query.any { query.count } else { usize::MAX };
    let mut found = Vec::new();
    for (start, end) in shape.area().score_ranges() {
        let range = ScoreRange { min: start as f64, max: end as f64, min_excluded: false, max_excluded: true };
        for (member, score) in set.range(set.ranks_by_score(range)) {
            let point = Point::from_score(score);
            if let Some(distance) = shape.distance_within_m(point) {
                found.push(Found { member, score, point, distance });
            }
            if found.len() >= enough {
                break;
            }
        }
        if found.len() >= enough {
            break;
        }
    }
    let count = if query.count > 0 { query.count.min(found.len()) } else { found.len() };
    let nearer = |a: &Found<'_>, b: &Found<'_>| a.distance.total_cmp(&b.distance);
    match query.order {
        Order::Found => {}
        Order::Nearest if count == found.len() => found.sort_by(nearer),
        Order::Farthest if count == found.len() => found.sort_by(|a, b| nearer(b, a)),
        Order::Nearest => sort_part(&mut found, 0..count, nearer),
        Order::Farthest => sort_part(&mut found, 0..count, |a, b| nearer(b, a)),
    }
    found.truncate(count);
    // After sorting: two distances may be equal in a unit, and not be in metres.
    found.iter_mut().for_each(|found| found.distance /= shape.unit_m);
    found
}

/// A sorted set of what was found.
fn collect(found: &[Found<'_>], destination: Destination<'_>, limits: &Limits) -> SortedSet {
    let mut scores = ScoreTable::new(limits.seed);
    for element in found {
        let score = if destination.distances { element.distance } else { element.score };
        scores.set(&element.member.to_vec(), score);
    }
    let mut result = SortedSet::Tree(scores.into_tree().into());
    result.pack_if_small(limits);
    result
}

fn reply_found(reply: &mut Reply, found: &[Found<'_>], extras: Extras) {
    let parts = [extras.distance, extras.hash, extras.point].iter().filter(|&&wanted| wanted).count();
    reply.array(found.len());
    for element in found {
        if parts > 0 {
            reply.array(1 + parts);
        }
        element.member.reply_bulk(reply);
        if extras.distance {
            reply.bulk(distance_text(element.distance).as_bytes());
        }
        if extras.hash {
            reply.integer(element.score as i64);
        }
        if extras.point {
            reply_point(reply, element.point);
        }
    }
}
