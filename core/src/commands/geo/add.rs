//! GEOADD, which turns points into scores and becomes ZADD: that is also what is propagated.

use super::query::parse_point;
use crate::commands::sorted_set::zadd;
use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::numbers::integer::DecimalBuffer;

/// `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]`. O(log n) a member.
pub fn geoadd(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let is_option = |&index: &usize| ["NX", "XX", "CH"].iter().any(|option| args.is(index, option));
    let points = (2..args.len()).find(|index| !is_option(index)).unwrap_or(args.len());
    let given = |option| (2..points).any(|index| args.is(index, option));
    if !(args.len() - points).is_multiple_of(3) || given("NX") && given("XX") {
        return Err(CommandError::Syntax);
    }
    let mut call = OwnedArgs::new();
    call.push(b"zadd");
    args.first(points).iter().skip(1).for_each(|arg| _ = call.push(arg));
    for index in (points..args.len()).step_by(3) {
        let point = parse_point(args, index)?;
        call.push(DecimalBuffer::new().format(point.hash())).push(args.at(index + 2));
    }
    let dirty = ctx.effects().dirty;
    let flow = zadd(ctx, call.as_args())?;
    if ctx.effects().dirty != dirty {
        ctx.effects().propagate_instead(call.as_args().iter());
    }
    Ok(flow)
}
