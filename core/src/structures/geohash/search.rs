//! Searching by radius or box: distances, and the cells to look into in the order in which Redis does.
//!
//! The order matters: without SORT, results come as the cells are read, and COUNT with ANY stops on the way.

use super::{Bounds, Cell, Point, STEPS_MAX};

/// The earth's quadratic mean radius for WGS-84.
const EARTH_RADIUS_M: f64 = 6_372_797.560856;
/// Half the length of the equator on the Web Mercator map.
const MERCATOR_MAX_M: f64 = 20_037_726.37;
const RADIANS_PER_DEGREE: f64 = std::f64::consts::PI / 180.0;

/// What is searched, in some unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Circle { radius: f64 },
    Box { width: f64, height: f64 },
}

/// A shape around a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchShape {
    pub center: Point,
    pub shape: Shape,
    /// Metres of one unit of the shape's lengths. Applied where Redis applies it, for the sake of the last bit.
    pub unit_m: f64,
}

/// The cells to read for a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    cells: [Option<Cell>; 9],
}

/// The distance on a sphere of the earth's size, by the haversine formula; along a meridian by the angle alone.
pub fn distance_m(a: Point, b: Point) -> f64 {
    let v = ((radians(b.longitude) - radians(a.longitude)) / 2.0).sin();
    if v == 0.0 {
        return meridian_distance_m(a.latitude, b.latitude);
    }
    let (a_latitude, b_latitude) = (radians(a.latitude), radians(b.latitude));
    let u = ((b_latitude - a_latitude) / 2.0).sin();
    2.0 * EARTH_RADIUS_M * (u * u + a_latitude.cos() * b_latitude.cos() * v * v).sqrt().asin()
}

fn meridian_distance_m(a_latitude: f64, b_latitude: f64) -> f64 {
    EARTH_RADIUS_M * (radians(b_latitude) - radians(a_latitude)).abs()
}

/// A distance as Redis prints it: four digits behind the point, halves to the even digit after scaling (not as `%.4f`, which
/// looks at the exact double).
pub fn distance_text(distance: f64) -> String {
    let scaled = (distance * 10_000.0).round_ties_even() as u64;
    format!("{}.{:04}", scaled / 10_000, scaled % 10_000)
}

fn radians(degrees: f64) -> f64 {
    degrees * RADIANS_PER_DEGREE
}

fn degrees(radians: f64) -> f64 {
    radians / RADIANS_PER_DEGREE
}

impl SearchShape {
    /// The distance from the centre in metres, if the point is inside or on the edge.
    pub fn distance_within_m(&self, point: Point) -> Option<f64> {
        let distance = distance_m(self.center, point);
        let inside = match self.shape {
            Shape::Circle { radius } => distance <= radius * self.unit_m,
            Shape::Box { width, height } => {
                // East to west along the point's own parallel.
                let across = distance_m(point, Point { latitude: point.latitude, ..self.center });
                let along = meridian_distance_m(point.latitude, self.center.latitude);
                across <= width * self.unit_m / 2.0 && along <= height * self.unit_m / 2.0
            }
        };
        inside.then_some(distance)
    }

    /// The cells that cover the shape.
    pub fn area(&self) -> Area {
        let shape = self.bounds();
        let mut steps = self.steps();
        let mut center = Cell::of(self.center, steps);
        if steps > 1 && !neighbours_cover(center, &shape) {
            steps -= 1;
            center = Cell::of(self.center, steps);
        }
        let covered = center.bounds();
        // Directions that the shape doesn't reach. At the coarsest step nothing is left out.
        let skip_south = steps >= 2 && covered.latitude.0 < shape.latitude.0;
        let skip_north = steps >= 2 && covered.latitude.1 > shape.latitude.1;
        let skip_west = steps >= 2 && covered.longitude.0 < shape.longitude.0;
        let skip_east = steps >= 2 && covered.longitude.1 > shape.longitude.1;
        // East and north of the centre, in the order of reading.
        const ORDER: [(i32, i32); 9] = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];
        let cells = ORDER.map(|(east, north)| {
            let skip = match north {
                1 => skip_north,
                -1 => skip_south,
                _ => false,
            } || match east {
                1 => skip_east,
                -1 => skip_west,
                _ => false,
            };
            (!skip).then(|| center.moved(east, north))
        });
        Area { cells }
    }

    /// The box of degrees around the shape, taken at its wider side: that towards the equator is the longer one in metres.
    fn bounds(&self) -> Bounds {
        let Point { longitude, latitude } = self.center;
        let (width, height) = match self.shape {
            Shape::Circle { radius } => (radius, radius),
            Shape::Box { width, height } => (width / 2.0, height / 2.0),
        };
        let (width_m, height_m) = (self.unit_m * width, self.unit_m * height);
        let latitude_delta = degrees(height_m / EARTH_RADIUS_M);
        let edge = if latitude < 0.0 { latitude - latitude_delta } else { latitude + latitude_delta };
        let longitude_delta = degrees(width_m / EARTH_RADIUS_M / radians(edge).cos());
        Bounds {
            longitude: (longitude - longitude_delta, longitude + longitude_delta),
            latitude: (latitude - latitude_delta, latitude + latitude_delta),
        }
    }

    /// The first guess: cells about as large as the shape, coarser towards the poles where they are narrow.
    fn steps(&self) -> u32 {
        let radius = match self.shape {
            Shape::Circle { radius } => radius,
            Shape::Box { width, height } => ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt(),
        };
        let mut reach_m = radius * self.unit_m;
        if reach_m == 0.0 {
            return STEPS_MAX;
        }
        let mut steps = 1_i32;
        while reach_m < MERCATOR_MAX_M {
            reach_m *= 2.0;
            steps += 1;
        }
        steps -= 2;
        let latitude = self.center.latitude.abs();
        if latitude > 66.0 {
            steps -= if latitude > 80.0 { 2 } else { 1 };
        }
        steps.clamp(1, STEPS_MAX as i32) as u32
    }
}

/// Whether the far edges of the four direct neighbours are beyond the shape.
fn neighbours_cover(center: Cell, shape: &Bounds) -> bool {
    center.moved(0, 1).bounds().latitude.1 >= shape.latitude.1
        && center.moved(0, -1).bounds().latitude.0 <= shape.latitude.0
        && center.moved(1, 0).bounds().longitude.1 >= shape.longitude.1
        && center.moved(-1, 0).bounds().longitude.0 <= shape.longitude.0
}

impl Area {
    /// Ranges of scores, each from the first up to but not including the second, in the order of reading. Where cells are so
    /// large that neighbours are the same one, it is read once for neighbours in this order, as Redis does.
    pub fn score_ranges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut last = None;
        self.cells.iter().flatten().filter_map(move |&cell| {
            let repeated = last == Some(cell);
            last = Some(cell);
            (!repeated).then(|| cell.scores())
        })
    }
}
