//! GEOPOS, GEOHASH, GEODIST. Any sorted set will do; scores that were never points are cut to fit.

use super::query::parse_unit;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::resp::Reply;
use crate::structures::geohash::{Point, distance_m, distance_text};
use crate::types::SortedSet;

/// `GEOPOS key [member [member ...]]`: longitude and latitude of each. O(log n) a member.
pub fn geopos(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    each_member(ctx, args, |reply, point| match point {
        Some(point) => reply_point(reply, point),
        None => reply.null_array(),
    })
}

/// `GEOHASH key [member [member ...]]`: the standard geohash of each. O(log n) a member.
pub fn geohash(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    each_member(ctx, args, |reply, point| match point {
        Some(point) => reply.bulk(&point.base32()),
        None => reply.null(),
    })
}

/// `GEODIST key member1 member2 [M | KM | FT | MI]`: null if one of them is missing. O(log n).
pub fn geodist(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let unit_m = match args.len() {
        4 => 1.0,
        5 => parse_unit(args.at(4))?,
        _ => return Err(CommandError::Syntax),
    };
    let set = ctx.db.read_collection::<SortedSet>(args.at(1))?;
    let point = |member| set.and_then(|set| set.score(member)).map(Point::from_score);
    match (point(args.at(2)), point(args.at(3))) {
        (Some(a), Some(b)) => ctx.reply.bulk(distance_text(distance_m(a, b) / unit_m).as_bytes()),
        _ => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// Answers something for each of the members.
fn each_member(
    ctx: &mut Ctx<'_>,
    args: Args<'_>,
    answer: impl Fn(&mut Reply, Option<Point>),
) -> Result<Flow, CommandError> {
    let set = ctx.db.read_collection::<SortedSet>(args.at(1))?;
    let members = args.from(2);
    ctx.reply.array(members.len());
    for member in members.iter() {
        answer(ctx.reply, set.and_then(|set| set.score(member)).map(Point::from_score));
    }
    Ok(Flow::Done)
}

/// Longitude and latitude.
pub(super) fn reply_point(reply: &mut Reply, point: Point) {
    reply.array(2);
    reply.decimal(point.longitude);
    reply.decimal(point.latitude);
}
