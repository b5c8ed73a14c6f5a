//! The geo family: points that collide, that lie on a grid (so that distances are equal), at the date line, at the ends of
//! the map and next to each other; searches of every size, from nothing to more than the earth.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("GEOADD", 26, geoadd),
    entry("GEOPOS", 4, |g| members(g, "GEOPOS")),
    entry("GEOHASH", 4, |g| members(g, "GEOHASH")),
    entry("GEODIST", 8, geodist),
    entry("GEOSEARCH", 26, |g| search(g, false)),
    entry("GEOSEARCHSTORE", 10, |g| search(g, true)),
    entry("GEORADIUS", 12, |g| around_point(g, "GEORADIUS")),
    entry("GEORADIUS_RO", 6, |g| around_point(g, "GEORADIUS_RO")),
    entry("GEORADIUSBYMEMBER", 12, |g| around_member(g, "GEORADIUSBYMEMBER")),
    entry("GEORADIUSBYMEMBER_RO", 6, |g| around_member(g, "GEORADIUSBYMEMBER_RO")),
    entry("ZRANGE", 6, zrange),
    entry("ZREM", 6, |g| members(g, "ZREM")),
    entry("ZADD", 2, zadd),
    entry("OBJECT|ENCODING", 3, |g| any_type::whole(g, "OBJECT ENCODING", key)),
    entry("DUMP", 2, |g| any_type::whole(g, "DUMP", key)),
    entry("DEL", 1, |g| any_type::whole(g, "DEL", key)),
    entry("PEXPIREAT", 1, |g| any_type::expire(g, key)),
    entry("CONFIG|SET", 1, |g| any_type::setting(g, SETTINGS)),
    entry("SET", 1, |g| any_type::string(g, key)),
];

const SETTINGS: &[(&str, &[&[u8]])] = &[
    ("zset-max-listpack-entries", &[b"128", b"128", b"3", b"8", b"0", b"20"]),
    ("zset-max-listpack-value", &[b"64", b"64", b"10", b"0", b"200"]),
];

const KEYS: &[&[u8]] = &[b"g1", b"g2", b"g3", b"g4", b"{g}5"];
/// Where points gather: the ends of the map, the date line, the first meridian and the equator, latitudes where the size of
/// cells changes, a town.
const CENTERS: &[(f64, f64)] = &[
    (0.0, 0.0),
    (180.0, 0.0),
    (-180.0, 0.0),
    (0.0, 85.05112878),
    (0.0, -85.05112878),
    (180.0, 85.05112878),
    (-180.0, -85.05112878),
    (90.0, 66.0),
    (-90.0, -66.5),
    (45.0, 80.0),
    (-45.0, -80.5),
    (2.3522, 48.8566),
    (13.361389, 38.115556),
    (90.0, 0.0),
    (-90.0, 42.525564),
];
const COORDINATES: &[&[u8]] = &[
    b"180.0000001",
    b"-181",
    b"85.05112879",
    b"-86",
    b"90",
    b"inf",
    b"-inf",
    b"nan",
    b"x",
    b"",
    b"1e300",
    b"-0",
    b"0x10",
    b"1e-300",
    b" 1",
    b"179.99999999999999",
];
const LENGTHS: &[&[u8]] = &[
    b"0", b"-0", b"1", b"10", b"111.19", b"157.25", b"1000", b"2000", b"5000", b"5001", b"10000", b"12000", b"20000",
    b"20015", b"20037.8", b"40000", b"100000", b"1e9", b"1e300", b"1e308", b"inf", b"-1", b"x", b"", b"nan", b"1e-9",
    b"0.0001",
];
const UNITS: &[&str] = &["m", "km", "km", "km", "km", "ft", "mi", "mi"];

fn key(g: &mut Generator) -> Vec<u8> {
    match g.random.below(60) {
        0 => atoms::key(&mut g.random, Holds::Any),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

fn member(g: &mut Generator) -> Vec<u8> {
    match g.random.below(60) {
        0 => atoms::value(&mut g.random),
        1 => vec![b'm'; g.random.between(60, 68)],
        2..=5 => g.random.below(20).to_string().into_bytes(),
        _ => format!("p{}", g.random.below(120)).into_bytes(),
    }
}

/// Around one of the centres: on a grid of degrees, near, very near, or anywhere.
fn point(g: &mut Generator) -> [Vec<u8>; 2] {
    let (longitude, latitude) = CENTERS[g.random.below(CENTERS.len())];
    let step = [1.0, 1.0, 10.0, 10.0, 0.01, 1e-5, 3e-6, 0.0][g.random.below(8)];
    let mut away = || (g.random.below(9) as f64 - 4.0) * step;
    let (mut longitude, mut latitude): (f64, f64) = (longitude + away(), latitude + away());
    if g.random.chance(15) {
        longitude = g.random.below(360_001) as f64 / 1000.0 - 180.0;
        latitude = g.random.below(170_001) as f64 / 1000.0 - 85.0;
    }
    let mut words = [longitude.clamp(-180.0, 180.0), latitude.clamp(-85.05112878, 85.05112878)]
        .map(|coordinate| coordinate.to_string().into_bytes());
    if g.random.chance(2) {
        let at = g.random.below(2);
        words[at] = g.random.pick(COORDINATES).to_vec();
    }
    words
}

fn unit(g: &mut Generator) -> Vec<u8> {
    if g.random.chance(2) {
        return g.random.pick::<[u8]>(&[b"yd", b"", b"meters", b"mm"]).to_vec();
    }
    let unit = UNITS[g.random.below(UNITS.len())];
    atoms::recased(&mut g.random, unit)
}

fn length(g: &mut Generator) -> Vec<u8> {
    match g.random.below(10) {
        0..=3 => g.random.pick(LENGTHS).to_vec(),
        4..=5 => format!("{}.{}", g.random.below(300), g.random.below(1000)).into_bytes(),
        6..=7 => g.random.below(3000).to_string().into_bytes(),
        _ => g.random.below(25_000).to_string().into_bytes(),
    }
}

fn geoadd(g: &mut Generator) {
    let mut words = words!["GEOADD", key(g)];
    for (option, percent) in [("NX", 6), ("XX", 6), ("CH", 15)] {
        if g.random.chance(percent) {
            words.push(atoms::recased(&mut g.random, option));
        }
    }
    let points = if g.random.chance(10) { g.random.between(20, 150) } else { g.random.between(1, 6) };
    for _ in 0..points {
        words.extend(point(g));
        words.push(member(g));
    }
    if g.random.chance(2) {
        words.pop();
    }
    g.command(words);
}

fn members(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    for _ in 0..g.random.between(1, 4) {
        words.push(member(g));
    }
    g.command(words);
}

fn geodist(g: &mut Generator) {
    let mut words = words!["GEODIST", key(g), member(g), member(g)];
    if g.random.chance(50) {
        words.push(unit(g));
    }
    g.command(words);
}

/// Options that all searches have, in any order; those that store seldom show anything.
fn options(g: &mut Generator, words: &mut Vec<Vec<u8>>, stores: bool) {
    let shows = if stores { 1 } else { 25 };
    for (option, percent) in
        [("WITHDIST", 2 * shows), ("WITHHASH", shows), ("WITHCOORD", shows), ("ASC", 25), ("DESC", 20)]
    {
        if g.random.chance(percent) {
            words.push(atoms::recased(&mut g.random, option));
        }
    }
    if g.random.chance(45) {
        words.push(atoms::recased(&mut g.random, "COUNT"));
        words.push(match g.random.below(20) {
            0 => g
                .random
                .pick::<[u8]>(&[b"0", b"-1", b"x", b"", b"9223372036854775807", b"9223372036854775808"])
                .to_vec(),
            1..=5 => g.random.between(1, 200).to_string().into_bytes(),
            _ => g.random.between(1, 12).to_string().into_bytes(),
        });
        if g.random.chance(35) {
            words.push(atoms::recased(&mut g.random, "ANY"));
        }
    } else if g.random.chance(2) {
        words.push(b"ANY".to_vec());
    }
}

fn from(g: &mut Generator) -> Vec<Vec<u8>> {
    if g.random.chance(50) {
        words![atoms::recased(&mut g.random, "FROMMEMBER"), member(g)]
    } else {
        let [longitude, latitude] = point(g);
        words![atoms::recased(&mut g.random, "FROMLONLAT"), longitude, latitude]
    }
}

fn by(g: &mut Generator) -> Vec<Vec<u8>> {
    if g.random.chance(50) {
        words![atoms::recased(&mut g.random, "BYRADIUS"), length(g), unit(g)]
    } else {
        words![atoms::recased(&mut g.random, "BYBOX"), length(g), length(g), unit(g)]
    }
}

fn search(g: &mut Generator, stores: bool) {
    let mut words = if stores { words!["GEOSEARCHSTORE", key(g), key(g)] } else { words!["GEOSEARCH", key(g)] };
    let mut parts = vec![from(g), by(g), Vec::new()];
    options(g, &mut parts[2], stores);
    if g.random.chance(if stores { 40 } else { 1 }) {
        parts[2].push(atoms::recased(&mut g.random, "STOREDIST"));
    }
    match g.random.below(60) {
        0 => _ = parts.remove(g.random.below(2)),
        1 => parts.push(from(g)),
        2 => parts.push(by(g)),
        3..=30 => parts.rotate_left(g.random.below(3)),
        _ => {}
    }
    words.extend(parts.into_iter().flatten());
    g.command(words);
}

/// The rest of GEORADIUS and GEORADIUSBYMEMBER.
fn radius(g: &mut Generator, mut words: Vec<Vec<u8>>) {
    words.extend([length(g), unit(g)]);
    let may_store = !words[0].ends_with(b"_RO");
    let stores = g.random.chance(if may_store { 35 } else { 2 });
    options(g, &mut words, stores);
    if stores {
        let option = ["STORE", "STOREDIST"][g.random.below(2)];
        words.push(atoms::recased(&mut g.random, option));
        words.push(key(g));
    }
    if g.random.chance(2) {
        words.extend(words!["STORE", key(g)]);
    }
    g.command(words);
}

fn around_point(g: &mut Generator, name: &str) {
    let [longitude, latitude] = point(g);
    let words = words![name, key(g), longitude, latitude];
    radius(g, words);
}

fn around_member(g: &mut Generator, name: &str) {
    let words = words![name, key(g), member(g)];
    radius(g, words);
}

fn zrange(g: &mut Generator) {
    let words = words!["ZRANGE", key(g), "0", "-1", "WITHSCORES"];
    g.command(words);
}

/// Scores that are no points.
fn zadd(g: &mut Generator) {
    let score = match g.random.below(3) {
        0 => atoms::float(&mut g.random),
        1 => atoms::integer(&mut g.random),
        _ => (g.random.draw() >> g.random.below(20)).to_string().into_bytes(),
    };
    let words = words!["ZADD", key(g), score, member(g)];
    g.command(words);
}
