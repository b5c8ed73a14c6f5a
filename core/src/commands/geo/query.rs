//! The arguments of the searches.
//!
//! | form | centre | shape | stores with |
//! |---|---|---|---|
//! | [`Form::AroundPoint`] | two coordinates | a radius | `STORE key`, `STOREDIST key`, unless read-only |
//! | [`Form::AroundMember`] | a member | a radius | the same |
//! | [`Form::Search`] | FROMMEMBER or FROMLONLAT | BYRADIUS or BYBOX | another command: a destination in front, `STOREDIST` |
//!
//! Arguments are read from left to right, and the first mistake is the one that is told; what options lack together is told
//! after that. Members are looked up on the way, as in 7.0.15: one that is missing is an error before later mistakes are. If the
//! whole key is missing, members (and around one, the radius too) are not looked at.

use crate::commands::{Args, CommandError};
use crate::numbers::double;
use crate::numbers::integer::parse_i64;
use crate::structures::geohash::{Point, SearchShape, Shape};
use crate::types::SortedSetRef;

/// The commands that search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    AroundPoint { read_only: bool },
    AroundMember { read_only: bool },
    Search { stores: bool },
}

/// The order of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As the cells are read.
    Found,
    Nearest,
    Farthest,
}

/// What a result shows besides its member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extras {
    pub distance: bool,
    pub hash: bool,
    pub point: bool,
}

/// Where the results go instead of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Destination<'a> {
    pub key: &'a [u8],
    /// Scores are distances in the unit of the search.
    pub distances: bool,
}

/// The arguments, parsed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    /// `None`: the key is missing, and the shape is not known.
    pub shape: Option<SearchShape>,
    pub order: Order,
    pub extras: Extras,
    /// The most results; 0: all.
    pub count: usize,
    /// The search may end as soon as it has found enough.
    pub any: bool,
    pub destination: Option<Destination<'a>>,
}

/// Two coordinates. Errors: NotFloat; a point outside of the map.
pub(super) fn parse_point(args: Args<'_>, index: usize) -> Result<Point, CommandError> {
    let coordinate = |index| double::parse(args.at(index)).ok_or(CommandError::NotFloat);
    let point = Point { longitude: coordinate(index)?, latitude: coordinate(index + 1)? };
    if point.is_valid() {
        return Ok(point);
    }
    let Point { longitude, latitude } = point;
    Err(CommandError::formatted(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}")))
}

/// Metres of a unit.
pub(super) fn parse_unit(unit: &[u8]) -> Result<f64, CommandError> {
    const UNITS: [(&str, f64); 4] = [("m", 1.0), ("km", 1000.0), ("ft", 0.3048), ("mi", 1609.34)];
    let found = UNITS.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name.as_bytes()));
    let unknown = CommandError::Text("ERR unsupported unit provided. please use M, KM, FT, MI");
    found.map(|&(_, metres)| metres).ok_or(unknown)
}

/// A radius with its unit.
fn parse_circle(args: Args<'_>, index: usize) -> Result<(Shape, f64), CommandError> {
    let radius = double::parse(args.at(index)).ok_or(CommandError::Text("ERR need numeric radius"))?;
    if radius < 0.0 {
        return Err(CommandError::Text("ERR radius cannot be negative"));
    }
    Ok((Shape::Circle { radius }, parse_unit(args.at(index + 1))?))
}

/// Width and height with their unit.
fn parse_box(args: Args<'_>, index: usize) -> Result<(Shape, f64), CommandError> {
    let width = double::parse(args.at(index)).ok_or(CommandError::Text("ERR need numeric width"))?;
    let height = double::parse(args.at(index + 1)).ok_or(CommandError::Text("ERR need numeric height"))?;
    if width < 0.0 || height < 0.0 {
        return Err(CommandError::Text("ERR height or width cannot be negative"));
    }
    Ok((Shape::Box { width, height }, parse_unit(args.at(index + 2))?))
}

fn point_of(set: SortedSetRef<'_>, member: &[u8]) -> Result<Point, CommandError> {
    let score = set.score(member).ok_or(CommandError::Text("ERR could not decode requested zset member"))?;
    Ok(Point::from_score(score))
}

/// A query on its way through the arguments.
struct Parser<'a, 's> {
    form: Form,
    set: Option<SortedSetRef<'s>>,
    center: Option<Point>,
    from_member: bool,
    from_point: bool,
    /// The shape, with the metres of its unit.
    shape: Option<(Shape, f64)>,
    query: Query<'a>,
}

impl<'a> Query<'a> {
    /// The query of a call whose source is `set`, if that exists. Errors: Syntax, NotFloat, NotInteger; numbers out of
    /// range; options that don't go together or are missing.
    pub fn parse(args: Args<'a>, form: Form, set: Option<SortedSetRef<'_>>) -> Result<Query<'a>, CommandError> {
        let query = Query {
            shape: None,
            order: Order::Found,
            extras: Extras::default(),
            count: 0,
            any: false,
            destination: None,
        };
        let mut parser = Parser { form, set, center: None, from_member: false, from_point: false, shape: None, query };
        let mut index = parser.parse_fixed(args)?;
        while index < args.len() {
            index += match parser.parse_option(args, index)? {
                0 => parser.parse_search_option(args, index)?,
                words => words,
            };
        }
        parser.finish(args.at(0))
    }
}

impl<'a> Parser<'a, '_> {
    /// What the form has before its options. The index of the first option.
    fn parse_fixed(&mut self, args: Args<'a>) -> Result<usize, CommandError> {
        match (self.form, self.set) {
            (Form::AroundPoint { .. }, _) => {
                self.center = Some(parse_point(args, 2)?);
                self.shape = Some(parse_circle(args, 4)?);
                Ok(6)
            }
            (Form::AroundMember { .. }, Some(set)) => {
                self.center = Some(point_of(set, args.at(2))?);
                self.shape = Some(parse_circle(args, 3)?);
                Ok(5)
            }
            (Form::AroundMember { .. }, None) => Ok(5),
            (Form::Search { stores: false }, _) => Ok(2),
            (Form::Search { stores: true }, _) => {
                self.query.destination = Some(Destination { key: args.at(1), distances: false });
                Ok(3)
            }
        }
    }

    /// An option of all forms, or one that stores. The number of its words; 0: it is none of these.
    fn parse_option(&mut self, args: Args<'a>, index: usize) -> Result<usize, CommandError> {
        let query = &mut self.query;
        let next = args.get(index + 1);
        let radius_stores =
            matches!(self.form, Form::AroundPoint { read_only: false } | Form::AroundMember { read_only: false });
        match (next, &mut query.destination) {
            _ if args.is(index, "WITHDIST") => query.extras.distance = true,
            _ if args.is(index, "WITHHASH") => query.extras.hash = true,
            _ if args.is(index, "WITHCOORD") => query.extras.point = true,
            _ if args.is(index, "ANY") => query.any = true,
            _ if args.is(index, "ASC") => query.order = Order::Nearest,
            _ if args.is(index, "DESC") => query.order = Order::Farthest,
            (Some(count), _) if args.is(index, "COUNT") => {
                let count = parse_i64(count).ok_or(CommandError::NotInteger)?;
                if count <= 0 {
                    return Err(CommandError::Text("ERR COUNT must be > 0"));
                }
                query.count = usize::try_from(count).unwrap_or(usize::MAX);
                return Ok(2);
            }
            (Some(key), destination) if radius_stores && args.is(index, "STORE") => {
                *destination = Some(Destination { key, distances: false });
                return Ok(2);
            }
            (Some(key), destination) if radius_stores && args.is(index, "STOREDIST") => {
                *destination = Some(Destination { key, distances: true });
                return Ok(2);
            }
            (_, Some(destination)) if !radius_stores && args.is(index, "STOREDIST") => destination.distances = true,
            _ => return Ok(0),
        }
        Ok(1)
    }

    /// An option of GEOSEARCH and GEOSEARCHSTORE. The number of its words. Errors: Syntax.
    fn parse_search_option(&mut self, args: Args<'a>, index: usize) -> Result<usize, CommandError> {
        let left = args.len() - index - 1;
        let is = |word, operands| left >= operands && args.is(index, word);
        let of_search = matches!(self.form, Form::Search { .. });
        let shape_is = |circle| self.shape.is_none_or(|(shape, _)| matches!(shape, Shape::Circle { .. }) == circle);
        match () {
            _ if !of_search => Err(CommandError::Syntax),
            _ if is("FROMMEMBER", 1) && !self.from_point => {
                self.center = self.set.map(|set| point_of(set, args.at(index + 1))).transpose()?;
                self.from_member = true;
                Ok(2)
            }
            _ if is("FROMLONLAT", 2) && !self.from_member => {
                self.center = Some(parse_point(args, index + 1)?);
                self.from_point = true;
                Ok(3)
            }
            _ if is("BYRADIUS", 2) && shape_is(true) => {
                self.shape = Some(parse_circle(args, index + 1)?);
                Ok(3)
            }
            _ if is("BYBOX", 3) && shape_is(false) => {
                self.shape = Some(parse_box(args, index + 1)?);
                Ok(4)
            }
            _ => Err(CommandError::Syntax),
        }
    }

    /// What can be said only of all options together.
    fn finish(mut self, name: &[u8]) -> Result<Query<'a>, CommandError> {
        let query = &mut self.query;
        let lacks = |what: &str| CommandError::formatted([what.as_bytes(), b" can be specified for ", name].concat());
        match self.form {
            _ if query.destination.is_none() || query.extras == Extras::default() => {}
            Form::Search { .. } => {
                return Err(CommandError::Text(
                    "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                ));
            }
            _ => {
                return Err(CommandError::Text(
                    "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                ));
            }
        }
        if matches!(self.form, Form::Search { .. }) {
            if !self.from_member && !self.from_point {
                return Err(lacks("ERR exactly one of FROMMEMBER or FROMLONLAT"));
            }
            if self.shape.is_none() {
                return Err(lacks("ERR exactly one of BYRADIUS and BYBOX"));
            }
        }
        if query.any && query.count == 0 {
            return Err(CommandError::Text("ERR the ANY argument requires COUNT argument"));
        }
        // Only the nearest ones make sense without an order of their own.
        if query.count > 0 && query.order == Order::Found && !query.any {
            query.order = Order::Nearest;
        }
        if let (Some(_), Some(center), Some((shape, unit_m))) = (self.set, self.center, self.shape) {
            query.shape = Some(SearchShape { center, shape, unit_m });
        }
        Ok(self.query)
    }
}
