//! ZUNION, ZINTER, ZDIFF, ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE, ZINTERCARD.
//!
//! Sources are combined from the smallest to the largest (those of one size in order of the arguments): the order in which
//! doubles are added shows in the sum. A weight of 0 times an infinite score is 0, and so is the sum of opposite infinities.
//!
//! | | complexity; n: members of all sources, k: sources, m: members of the result |
//! |---|---|
//! | union | O(n + m log m) |
//! | intersection | O(members of the smallest × k + m log m) |
//! | difference | the least of O(members of the first × k) and O(n), + m log m |

use std::sync::Arc;

use super::range::{reply_elements, store};
use super::sources::{Source, look_up, resolve};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::double;
use crate::numbers::integer::parse_i64;
use crate::types::sorted_set::{ScoreTable, ScoreTree};
use crate::types::{Collection, SortedSet};

/// `ZUNION numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`
pub fn zunion(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    answer(ctx, args, Operation::Union, "zunion")
}

/// `ZINTER numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`
pub fn zinter(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    answer(ctx, args, Operation::Intersection, "zinter")
}

/// `ZDIFF numkeys key [key ...] [WITHSCORES]`
pub fn zdiff(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    answer(ctx, args, Operation::Difference, "zdiff")
}

/// `ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE <SUM | MIN | MAX>]`
pub fn zunionstore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    keep(ctx, args, Operation::Union, "zunionstore")
}

/// `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE <SUM | MIN | MAX>]`
pub fn zinterstore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    keep(ctx, args, Operation::Intersection, "zinterstore")
}

/// `ZDIFFSTORE destination numkeys key [key ...]`
pub fn zdiffstore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    keep(ctx, args, Operation::Difference, "zdiffstore")
}

/// `ZINTERCARD numkeys key [key ...] [LIMIT limit]`: how many members are in all; the search ends at the limit.
pub fn zintercard(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let call = Call { operation: Operation::Intersection, shape: Shape::Count, name: "zintercard" };
    let (request, found) = call.parse(ctx, args, 1)?;
    let sources = request.inputs(resolve(ctx.db.db(), request.keys, &found));
    let mut count = 0;
    each_common(&sources, request.aggregate, |_, _| {
        count += 1;
        request.limit == 0 || count < request.limit
    });
    ctx.reply.count(count);
    Ok(Flow::Done)
}

fn answer(ctx: &mut Ctx<'_>, args: Args<'_>, operation: Operation, name: &'static str) -> Result<Flow, CommandError> {
    let (request, found) = Call { operation, shape: Shape::Answer, name }.parse(ctx, args, 1)?;
    let result = request.combine(ctx, &found);
    let elements = SortedSet::Tree(Arc::new(result));
    reply_elements(ctx.reply, elements.borrowed().iter(), request.with_scores);
    Ok(Flow::Done)
}

fn keep(ctx: &mut Ctx<'_>, args: Args<'_>, operation: Operation, name: &'static str) -> Result<Flow, CommandError> {
    let (request, found) = Call { operation, shape: Shape::Store, name }.parse(ctx, args, 2)?;
    let mut result = SortedSet::Tree(Arc::new(request.combine(ctx, &found)));
    result.pack_if_small(&ctx.db.policy().limits);
    store(ctx, args.at(1), result, name);
    Ok(Flow::Done)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

/// What becomes of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Answer,
    Store,
    Count,
}

#[derive(Clone, Copy, Debug)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn of(self, before: f64, score: f64) -> f64 {
        match self {
            Aggregate::Sum => zero_for_nan(before + score),
            Aggregate::Min => {
                if score < before {
                    score
                } else {
                    before
                }
            }
            Aggregate::Max => {
                if score > before {
                    score
                } else {
                    before
                }
            }
        }
    }
}

fn zero_for_nan(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

#[derive(Clone, Copy, Debug)]
struct Call {
    operation: Operation,
    shape: Shape,
    name: &'static str,
}

/// The arguments, parsed.
struct Request<'a> {
    operation: Operation,
    keys: Args<'a>,
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
    /// 0: none.
    limit: usize,
}

/// A source with its weight.
#[derive(Clone, Copy, Debug)]
struct Input<'a> {
    source: Source<'a>,
    weight: f64,
}

impl Call {
    /// The request, and which of its keys are there. The keys' types are looked at before the options.
    /// Errors: NotInteger, Syntax, WrongType, NotFloat; no keys.
    fn parse<'a>(
        self,
        ctx: &mut Ctx<'_>,
        args: Args<'a>,
        count_index: usize,
    ) -> Result<(Request<'a>, Vec<bool>), CommandError> {
        let count = parse_i64(args.at(count_index)).ok_or(CommandError::NotInteger)?;
        if count < 1 {
            let text = format!("ERR at least 1 input key is needed for '{}' command", self.name);
            return Err(CommandError::formatted(text));
        }
        let first = count_index + 1;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > args.len() - first {
            return Err(CommandError::Syntax);
        }
        let (keys, options) = (args.from(first).first(count), args.from(first + count));
        let found = look_up(ctx, keys)?;
        let mut request = Request {
            operation: self.operation,
            keys,
            weights: vec![1.0; count],
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: 0,
        };
        self.parse_options(options, &mut request)?;
        Ok((request, found))
    }

    fn parse_options(self, options: Args<'_>, request: &mut Request<'_>) -> Result<(), CommandError> {
        let combines_scores = self.operation != Operation::Difference && self.shape != Shape::Count;
        let mut index = 0;
        while index < options.len() {
            let left = options.len() - index;
            if combines_scores && left > request.weights.len() && options.is(index, "WEIGHTS") {
                for weight in &mut request.weights {
                    index += 1;
                    *weight = double::parse(options.at(index))
                        .ok_or(CommandError::Text("ERR weight value is not a float"))?;
                }
            } else if combines_scores && left >= 2 && options.is(index, "AGGREGATE") {
                index += 1;
                request.aggregate = match () {
                    _ if options.is(index, "SUM") => Aggregate::Sum,
                    _ if options.is(index, "MIN") => Aggregate::Min,
                    _ if options.is(index, "MAX") => Aggregate::Max,
                    _ => return Err(CommandError::Syntax),
                };
            } else if self.shape == Shape::Answer && options.is(index, "WITHSCORES") {
                request.with_scores = true;
            } else if self.shape == Shape::Count && left >= 2 && options.is(index, "LIMIT") {
                index += 1;
                let limit = parse_i64(options.at(index)).filter(|&limit| limit >= 0);
                let limit = limit.ok_or(CommandError::Text("ERR LIMIT can't be negative"))?;
                request.limit = usize::try_from(limit).unwrap_or(usize::MAX);
            } else {
                return Err(CommandError::Syntax);
            }
            index += 1;
        }
        Ok(())
    }
}

impl Request<'_> {
    /// The sources in the order in which they are combined.
    fn inputs<'a>(&self, sources: Vec<Source<'a>>) -> Vec<Input<'a>> {
        let pair = |(source, &weight)| Input { source, weight };
        let mut inputs: Vec<Input<'a>> = sources.into_iter().zip(&self.weights).map(pair).collect();
        if self.operation != Operation::Difference {
            inputs.sort_by_key(|input| input.source.len());
        }
        inputs
    }

    fn combine(&self, ctx: &Ctx<'_>, found: &[bool]) -> ScoreTree {
        let inputs = self.inputs(resolve(ctx.db.db(), self.keys, found));
        let mut result = ScoreTable::new(ctx.db.policy().limits.seed);
        match self.operation {
            Operation::Union => {
                for Input { source, weight } in inputs {
                    source.each(|member, score| {
                        let score = zero_for_nan(weight * score);
                        result.merge(member, score, |before| self.aggregate.of(before, score));
                        true
                    });
                }
            }
            Operation::Intersection => each_common(&inputs, self.aggregate, |member, score| {
                result.set(member, score);
                true
            }),
            Operation::Difference => subtract(&inputs, &mut result),
        }
        result.into_tree()
    }
}

/// Gives the members that are in all inputs, the first of which is the smallest, with their scores, while `visit` wants them.
fn each_common(inputs: &[Input<'_>], aggregate: Aggregate, mut visit: impl FnMut(&[u8], f64) -> bool) {
    let (first, others) = inputs.split_first().expect("there is a key at least");
    first.source.each(|member, score| {
        let mut sum = zero_for_nan(first.weight * score);
        for other in others {
            let Some(score) = other.source.score(member) else { return true };
            sum = aggregate.of(sum, other.weight * score);
        }
        visit(member, sum)
    });
}

/// The members of the first input that are in none of the others: looked up in each, or each taken out, whichever is less.
fn subtract(inputs: &[Input<'_>], result: &mut ScoreTable) {
    let (first, others) = inputs.split_first().expect("there is a key at least");
    let others: Vec<Source<'_>> = others.iter().map(|input| input.source).filter(|other| other.len() > 0).collect();
    let all: usize = others.iter().map(|other| other.len()).sum();
    let by_lookup = first.source.len().saturating_mul(others.len()) <= first.source.len() + all;
    first.source.each(|member, score| {
        if !by_lookup || others.iter().all(|other| other.score(member).is_none()) {
            result.set(member, score);
        }
        true
    });
    if !by_lookup {
        for other in others {
            other.each(|member, _| {
                result.remove(member);
                !result.is_empty()
            });
        }
    }
}
