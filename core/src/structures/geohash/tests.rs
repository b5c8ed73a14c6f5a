//! Geohashes against the real server: points, distances, and searches with the order of their results.

use proptest::prelude::*;
use sha1::{Digest, Sha1};

use super::*;

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().skip(1).map(|line| line.split(' ').collect())
}

/// The 3000 points that were searched when the table was recorded, in degrees.
fn recorded_points() -> Vec<Point> {
    let mut state = 7u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64
    };
    let mut point = || {
        let kind = next() % 4;
        let (x, y) = (next() % 360_000_001 - 180_000_000, next() % 170_102_257 - 85_051_128);
        let (x, y) = match kind {
            0 => (x.div_euclid(100) + 2_000_000, y.div_euclid(100) + 48_000_000),
            1 => (x.div_euclid(10), y.div_euclid(10) + 60_000_000),
            _ => (x, y),
        };
        let degrees = |x: i64| x as f64 / 1e6;
        Point { longitude: degrees(x), latitude: degrees(y) }
    };
    (0..3000).map(|_| point()).collect()
}

fn check_searches(table: &str) -> usize {
    let mut members: Vec<(u64, String)> =
        recorded_points().iter().enumerate().map(|(i, point)| (point.score() as u64, format!("m{i:04}"))).collect();
    members.sort();
    let (mut found, mut searches) = (0, 0);
    for row in rows(table) {
        let [longitude, latitude, unit_m, shape, count, sha] = row[..] else { panic!("six columns: {row:?}") };
        let shape = match shape.split(':').collect::<Vec<_>>()[..] {
            ["r", radius] => Shape::Circle { radius: number(radius) },
            ["b", width, height] => Shape::Box { width: number(width), height: number(height) },
            _ => panic!("a circle or a box: {shape}"),
        };
        let center = Point { longitude: number(longitude), latitude: number(latitude) };
        let search = SearchShape { center, shape, unit_m: number(unit_m) };
        let (mut text, mut results) = (String::new(), 0);
        for (start, end) in search.area().score_ranges() {
            let first = members.partition_point(|(score, _)| *score < start);
            for (score, member) in members[first..].iter().take_while(|(score, _)| *score < end) {
                if let Some(distance_m) = search.distance_within_m(Point::from_score(*score as f64)) {
                    text += &format!("{member} {}\n", distance_text(distance_m / search.unit_m));
                    results += 1;
                }
            }
        }
        let digest: String = Sha1::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((results.to_string().as_str(), &digest[..12]), (count, sha), "{row:?}\n{text}");
        found += results;
        searches += 1;
    }
    assert!(found > 10 * searches, "searches find something: {found} in {searches}");
    searches
}

#[test]
fn searches_find_the_recorded_members_in_the_recorded_order() {
    assert_eq!(check_searches(include_str!("recorded/searches.txt")), 500);
}

#[test]
fn points_have_the_recorded_scores_strings_positions_and_distances() {
    let mut before: Option<Point> = None;
    for row in rows(include_str!("recorded/points.txt")) {
        let [longitude, latitude, score, base32, x, y, distance] = row[..] else { panic!("seven columns: {row:?}") };
        let point = Point { longitude: number(longitude), latitude: number(latitude) };
        assert!(point.is_valid());
        assert_eq!(point.score(), number(score), "{row:?}");
        let stored = Point::from_score(point.score());
        let digits = |x: f64| format!("{x:.17}").trim_end_matches('0').trim_end_matches('.').to_owned();
        assert_eq!((digits(stored.longitude).as_str(), digits(stored.latitude).as_str()), (x, y), "{row:?}");
        assert_eq!(stored.base32(), base32.as_bytes(), "{row:?}");
        if let Some(before) = before {
            assert_eq!(distance_text(distance_m(before, stored)), distance, "{row:?}");
        }
        before = Some(stored);
    }
}

#[test]
fn distances_are_rounded_after_scaling() {
    assert_eq!(distance_text(16_212_521.160_75), "16212521.1608");
    assert_eq!(distance_text(17_306_026.976_45), "17306026.9764");
    assert_eq!(distance_text(0.0), "0.0000");
    assert_eq!(distance_text(0.99996), "1.0000");
    let along = |a, b| distance_m(Point { longitude: 7.0, latitude: a }, Point { longitude: 7.0, latitude: b });
    let radius_m = 6_372_797.560856;
    assert!((along(10.0, -20.0) / (radius_m * 30f64.to_radians()) - 1.0).abs() < 1e-15);
}

#[test]
fn points_beyond_the_map_are_not_valid() {
    let valid = |longitude, latitude| Point { longitude, latitude }.is_valid();
    assert!(valid(180.0, 85.05112878) && valid(-180.0, -85.05112878));
    assert!(!valid(180.000001, 0.0) && !valid(0.0, 85.0511288) && !valid(f64::NAN, 0.0));
}

fn point() -> impl Strategy<Value = Point> {
    (-180.0..180.0f64, -85.0..85.0f64).prop_map(|(longitude, latitude)| Point { longitude, latitude })
}

proptest! {
    #[test]
    fn a_point_lies_in_its_cell_and_neighbours_touch(point in point(), steps in 1..=26u32) {
        let cell = Cell::of(point, steps);
        let bounds = cell.bounds();
        prop_assert!(bounds.longitude.0 <= point.longitude + 1e-9 && point.longitude <= bounds.longitude.1 + 1e-9);
        prop_assert!(bounds.latitude.0 <= point.latitude + 1e-9 && point.latitude <= bounds.latitude.1 + 1e-9);
        prop_assert_eq!(cell.moved(1, 0).moved(-1, 0), cell);
        prop_assert_eq!(cell.moved(0, -1).moved(0, 1), cell);
        if bounds.longitude.1 < 180.0 {
            prop_assert_eq!(cell.moved(1, 0).bounds().longitude.0, bounds.longitude.1);
        }
        let (start, end) = cell.scores();
        prop_assert!((start..end).contains(&(point.score() as u64)));
    }

    #[test]
    fn bits_interleave_and_come_apart(even in any::<u32>(), odd in any::<u32>()) {
        let both = interleave(even, odd);
        prop_assert_eq!((deinterleave(both), deinterleave(both >> 1)), (even, odd));
        for i in 0..32 {
            prop_assert_eq!(both >> (2 * i) & 1, u64::from(even >> i & 1));
        }
    }

    #[test]
    fn any_score_and_any_shape_is_taken(score in any::<f64>(), center in point(), size in any::<f64>(), other in any::<f64>()) {
        _ = Point::from_score(score);
        for shape in [Shape::Circle { radius: size.abs() }, Shape::Box { width: size.abs(), height: other.abs() }] {
            prop_assume!(!size.is_nan());
            let search = SearchShape { center, shape, unit_m: 1.0 };
            prop_assert!(search.area().score_ranges().all(|(start, end)| start < end));
        }
    }
}
