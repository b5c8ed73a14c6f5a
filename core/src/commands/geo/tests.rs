//! The whole family against a conversation recorded from redis-server 7.0.15, and searches against a look at every point.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::commands::OwnedArgs;
use crate::commands::conversation::{World, play};
use crate::resp::Protocol;
use crate::structures::geohash::{Point, SearchShape, Shape, distance_text};

#[test]
fn the_recorded_conversation_goes_the_same_way() {
    play(include_str!("recorded.txt"), super::rows::ROWS);
}

#[test]
fn coordinates_are_doubles_in_resp3_and_distances_are_not() {
    let mut world = World::new(Protocol::Resp3);
    world.run(&words("geoadd g 13.361389 38.115556 Palermo"));
    world.run(&words("geopos g Palermo absent"));
    assert_eq!(world.reply.bytes(), b"*2\r\n*2\r\n,13.36138933897018433\r\n,38.11555639549629859\r\n_\r\n");
    world.run(&words("geosearch g frommember Palermo byradius 1 m withdist withhash"));
    assert_eq!(world.reply.bytes(), b"*1\r\n*3\r\n$7\r\nPalermo\r\n$6\r\n0.0000\r\n:3479099956230698\r\n");
}

fn words(line: &str) -> OwnedArgs {
    line.split(' ').collect()
}

/// Away from the ends of the map, where cells are squeezed, and from the date line: there Redis finds everything.
fn point() -> impl Strategy<Value = Point> {
    let scale = prop::sample::select(vec![100.0, 10.0, 1.0, 0.01]);
    (-1.0..1.0f64, -1.0..1.0f64, scale)
        .prop_map(|(x, y, scale)| Point { longitude: x * scale, latitude: y * scale / 2.0 })
}

/// In kilometres.
fn shape() -> impl Strategy<Value = Shape> {
    let length =
        || prop::sample::select(vec![0.0, 0.1, 1.0, 10.0, 100.0, 500.0, 1000.0]).prop_flat_map(|max| 0.0..=max);
    prop_oneof![
        length().prop_map(|radius| Shape::Circle { radius }),
        (length(), length()).prop_map(|(width, height)| Shape::Box { width, height }),
    ]
}

/// What the reply to a search WITHDIST should hold: names with distances, the nearest first.
fn expected(points: &BTreeMap<String, Point>, search: &SearchShape) -> Vec<(String, f64)> {
    let mut found: Vec<(String, f64)> = points
        .iter()
        .filter_map(|(name, &point)| {
            let stored = Point::from_score(point.score());
            search.distance_within_m(stored).map(|distance| (name.clone(), distance))
        })
        .collect();
    found.sort_by(|a, b| a.1.total_cmp(&b.1));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_search_finds_what_a_look_at_every_point_finds(
        points in prop::collection::vec(point(), 1..200), center in point(), shape in shape(), tree in any::<bool>()
    ) {
        let mut world = World::new(Protocol::Resp2);
        if tree {
            world.policy.limits.sorted_set_listpack_entries_max = 0;
        } else {
            world.policy.limits.sorted_set_listpack_entries_max = 1000;
        }
        let mut model = BTreeMap::new();
        for (number, point) in points.into_iter().enumerate() {
            let name = format!("p{}", number % 150);
            world.run(&words(&format!("geoadd g {} {} {name}", point.longitude, point.latitude)));
            model.insert(name, point);
        }
        let search = SearchShape { center, shape, unit_m: 1000.0 };
        let found = expected(&model, &search);
        let by = match shape {
            Shape::Circle { radius } => format!("byradius {radius} km"),
            Shape::Box { width, height } => format!("bybox {width} {height} km"),
        };
        let from = format!("fromlonlat {} {}", center.longitude, center.latitude);
        world.run(&words(&format!("geosearch g {from} {by} asc withdist")));
        let mut reply = format!("*{}\r\n", found.len());
        for (name, distance) in &found {
            let distance = distance_text(distance / 1000.0);
            reply += &format!("*2\r\n${}\r\n{name}\r\n${}\r\n{distance}\r\n", name.len(), distance.len());
        }
        prop_assert_eq!(String::from_utf8_lossy(world.reply.bytes()), reply);

        // Stored with COUNT, it is the nearest ones.
        let count = found.len() / 2 + 1;
        world.run(&words(&format!("geosearchstore d g {from} {by} count {count} storedist")));
        prop_assert_eq!(String::from_utf8_lossy(world.reply.bytes()), format!(":{}\r\n", count.min(found.len())));
        for (name, _) in found.iter().take(count) {
            world.run(&words(&format!("zscore d {name}")));
            prop_assert_ne!(world.reply.bytes(), b"$-1\r\n", "{} is missing", name);
        }
    }
}
