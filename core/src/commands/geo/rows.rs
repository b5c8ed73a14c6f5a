//! The rows of the geo family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the summaries are
//! our own.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    GEOADD,
    GEODIST,
    GEOHASH,
    GEOPOS,
    GEORADIUS,
    GEORADIUS_RO,
    GEORADIUSBYMEMBER,
    GEORADIUSBYMEMBER_RO,
    GEOSEARCH,
    GEOSEARCHSTORE,
];

const GEOADD_DOC: Doc = Doc::new(
    "geo",
    "3.2.0",
    "Adds points to a geospatial index, which is a sorted set, or moves them; creates it if the key is missing.",
)
.complexity("O(log(N)) for each item added, where N is the number of elements in the sorted set.")
.history(&[("6.2.0", "Added the `CH`, `NX` and `XX` options.")]);
const GEOADD: Command = Command {
    name: "geoadd",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::GEO,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")]).since("6.2.0").optional(),
        Arg::word("change", "CH").since("6.2.0").optional(),
        Arg::block(
            "longitude_latitude_member",
            &[Arg::new("longitude", ArgKind::Double), Arg::new("latitude", ArgKind::Double), Arg::string("member")],
        )
        .multiple(),
    ],
    tips: &[],
    doc: &GEOADD_DOC,
    subcommands: &[],
    run: Run::Data(super::geoadd),
};

const GEODIST_DOC: Doc = Doc::new("geo", "3.2.0", "Answers the distance between two members.").complexity("O(log(N))");
const GEODIST: Command = Command {
    name: "geodist",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::GEO,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("member1"),
        Arg::string("member2"),
        Arg::one_of(
            "unit",
            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
        )
        .optional(),
    ],
    tips: &[],
    doc: &GEODIST_DOC,
    subcommands: &[],
    run: Run::Data(super::geodist),
};

const GEOHASH_DOC: Doc = Doc::new("geo", "3.2.0", "Answers the standard geohash strings of members.")
    .complexity("O(log(N)) for each member requested, where N is the number of elements in the sorted set.");
const GEOHASH: Command = Command {
    name: "geohash",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::GEO,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    tips: &[],
    doc: &GEOHASH_DOC,
    subcommands: &[],
    run: Run::Data(super::geohash),
};

const GEOPOS_DOC: Doc = Doc::new("geo", "3.2.0", "Answers the longitude and latitude of members.")
    .complexity("O(N) where N is the number of members requested.");
const GEOPOS: Command = Command {
    name: "geopos",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::GEO,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    tips: &[],
    doc: &GEOPOS_DOC,
    subcommands: &[],
    run: Run::Data(super::geopos),
};

const GEORADIUS_DOC: Doc = Doc::new("geo", "3.2.0", "Finds the members within a radius around a point; can store them.")
    .complexity("O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.")
    .history(&[("6.2.0", "Added the `ANY` option for `COUNT`."), ("7.0.0", "Added support for uppercase unit names.")])
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"));
const GEORADIUS: Command = Command {
    name: "georadius",
    arity: Arity::AtLeast(6),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::GEO,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec::new(
            BeginSearch::Keyword { keyword: "STORE", start_from: 6 },
            FindKeys::Range { last_key: 0, key_step: 1, limit: 0 },
            KeyFlags::OW.union(KeyFlags::UPDATE),
        ),
        KeySpec::new(
            BeginSearch::Keyword { keyword: "STOREDIST", start_from: 6 },
            FindKeys::Range { last_key: 0, key_step: 1, limit: 0 },
            KeyFlags::OW.union(KeyFlags::UPDATE),
        ),
    ],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::new("longitude", ArgKind::Double),
        Arg::new("latitude", ArgKind::Double),
        Arg::new("radius", ArgKind::Double),
        Arg::one_of(
            "unit",
            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
        ),
        Arg::word("withcoord", "WITHCOORD").optional(),
        Arg::word("withdist", "WITHDIST").optional(),
        Arg::word("withhash", "WITHHASH").optional(),
        Arg::block("count", &[Arg::integer("count").token("COUNT"), Arg::word("any", "ANY").since("6.2.0").optional()])
            .optional(),
        Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")]).optional(),
        Arg::key("key", 1).token("STORE").optional(),
        Arg::key("key", 2).token("STOREDIST").optional(),
    ],
    tips: &[],
    doc: &GEORADIUS_DOC,
    subcommands: &[],
    run: Run::Data(super::georadius),
};

const GEORADIUS_RO_DOC: Doc = Doc::new("geo", "3.2.10", "Finds the members within a radius around a point.")
    .complexity("O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.")
    .history(&[("6.2.0", "Added the `ANY` option for `COUNT`.")])
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`GEOSEARCH` with the `BYRADIUS` argument"));
const GEORADIUS_RO: Command = Command {
    name: "georadius_ro",
    arity: Arity::AtLeast(6),
    flags: CommandFlags::READONLY,
    acl: AclCategories::GEO,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::new("longitude", ArgKind::Double),
        Arg::new("latitude", ArgKind::Double),
        Arg::new("radius", ArgKind::Double),
        Arg::one_of(
            "unit",
            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
        ),
        Arg::word("withcoord", "WITHCOORD").optional(),
        Arg::word("withdist", "WITHDIST").optional(),
        Arg::word("withhash", "WITHHASH").optional(),
        Arg::block("count", &[Arg::integer("count").token("COUNT"), Arg::word("any", "ANY").since("6.2.0").optional()])
            .optional(),
        Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")]).optional(),
    ],
    tips: &[],
    doc: &GEORADIUS_RO_DOC,
    subcommands: &[],
    run: Run::Data(super::georadius_ro),
};

const GEORADIUSBYMEMBER_DOC: Doc = Doc::new("geo", "3.2.0", "Finds the members within a radius around one of them; can store them.")
    .complexity("O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.")
    .history(&[("7.0.0", "Added support for uppercase unit names.")])
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"));
const GEORADIUSBYMEMBER: Command = Command {
    name: "georadiusbymember",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::GEO,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec::new(
            BeginSearch::Keyword { keyword: "STORE", start_from: 5 },
            FindKeys::Range { last_key: 0, key_step: 1, limit: 0 },
            KeyFlags::OW.union(KeyFlags::UPDATE),
        ),
        KeySpec::new(
            BeginSearch::Keyword { keyword: "STOREDIST", start_from: 5 },
            FindKeys::Range { last_key: 0, key_step: 1, limit: 0 },
            KeyFlags::OW.union(KeyFlags::UPDATE),
        ),
    ],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("member"),
        Arg::new("radius", ArgKind::Double),
        Arg::one_of(
            "unit",
            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
        ),
        Arg::word("withcoord", "WITHCOORD").optional(),
        Arg::word("withdist", "WITHDIST").optional(),
        Arg::word("withhash", "WITHHASH").optional(),
        Arg::block("count", &[Arg::integer("count").token("COUNT"), Arg::word("any", "ANY").optional()]).optional(),
        Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")]).optional(),
        Arg::key("key", 1).token("STORE").optional(),
        Arg::key("key", 2).token("STOREDIST").optional(),
    ],
    tips: &[],
    doc: &GEORADIUSBYMEMBER_DOC,
    subcommands: &[],
    run: Run::Data(super::georadiusbymember),
};

const GEORADIUSBYMEMBER_RO_DOC: Doc = Doc::new("geo", "3.2.10", "Finds the members within a radius around one of them.")
    .complexity("O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.")
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"));
const GEORADIUSBYMEMBER_RO: Command = Command {
    name: "georadiusbymember_ro",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::READONLY,
    acl: AclCategories::GEO,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("member"),
        Arg::new("radius", ArgKind::Double),
        Arg::one_of(
            "unit",
            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
        ),
        Arg::word("withcoord", "WITHCOORD").optional(),
        Arg::word("withdist", "WITHDIST").optional(),
        Arg::word("withhash", "WITHHASH").optional(),
        Arg::block("count", &[Arg::integer("count").token("COUNT"), Arg::word("any", "ANY").optional()]).optional(),
        Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")]).optional(),
    ],
    tips: &[],
    doc: &GEORADIUSBYMEMBER_RO_DOC,
    subcommands: &[],
    run: Run::Data(super::georadiusbymember_ro),
};

const GEOSEARCH_DOC: Doc = Doc::new("geo", "6.2.0", "Finds the members within a circle or a box.")
    .complexity("O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape")
    .history(&[("7.0.0", "Added support for uppercase unit names.")]);
const GEOSEARCH: Command = Command {
    name: "geosearch",
    arity: Arity::AtLeast(7),
    flags: CommandFlags::READONLY,
    acl: AclCategories::GEO,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::one_of(
            "from",
            &[
                Arg::string("member").token("FROMMEMBER"),
                Arg::block(
                    "longitude_latitude",
                    &[Arg::new("longitude", ArgKind::Double), Arg::new("latitude", ArgKind::Double)],
                )
                .token("FROMLONLAT"),
            ],
        ),
        Arg::one_of(
            "by",
            &[
                Arg::block(
                    "circle",
                    &[
                        Arg::new("radius", ArgKind::Double).token("BYRADIUS"),
                        Arg::one_of(
                            "unit",
                            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
                        ),
                    ],
                ),
                Arg::block(
                    "box",
                    &[
                        Arg::new("width", ArgKind::Double).token("BYBOX"),
                        Arg::new("height", ArgKind::Double),
                        Arg::one_of(
                            "unit",
                            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
                        ),
                    ],
                ),
            ],
        ),
        Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")]).optional(),
        Arg::block("count", &[Arg::integer("count").token("COUNT"), Arg::word("any", "ANY").optional()]).optional(),
        Arg::word("withcoord", "WITHCOORD").optional(),
        Arg::word("withdist", "WITHDIST").optional(),
        Arg::word("withhash", "WITHHASH").optional(),
    ],
    tips: &[],
    doc: &GEOSEARCH_DOC,
    subcommands: &[],
    run: Run::Data(super::geosearch),
};

const GEOSEARCHSTORE_DOC: Doc = Doc::new("geo", "6.2.0", "Stores the members within a circle or a box in another sorted set.")
    .complexity("O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape")
    .history(&[("7.0.0", "Added support for uppercase unit names.")]);
const GEOSEARCHSTORE: Command = Command {
    name: "geosearchstore",
    arity: Arity::AtLeast(8),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::GEO,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    find_keys: None,
    args: &[
        Arg::key("destination", 0),
        Arg::key("source", 1),
        Arg::one_of(
            "from",
            &[
                Arg::string("member").token("FROMMEMBER"),
                Arg::block(
                    "longitude_latitude",
                    &[Arg::new("longitude", ArgKind::Double), Arg::new("latitude", ArgKind::Double)],
                )
                .token("FROMLONLAT"),
            ],
        ),
        Arg::one_of(
            "by",
            &[
                Arg::block(
                    "circle",
                    &[
                        Arg::new("radius", ArgKind::Double).token("BYRADIUS"),
                        Arg::one_of(
                            "unit",
                            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
                        ),
                    ],
                ),
                Arg::block(
                    "box",
                    &[
                        Arg::new("width", ArgKind::Double).token("BYBOX"),
                        Arg::new("height", ArgKind::Double),
                        Arg::one_of(
                            "unit",
                            &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
                        ),
                    ],
                ),
            ],
        ),
        Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")]).optional(),
        Arg::block("count", &[Arg::integer("count").token("COUNT"), Arg::word("any", "ANY").optional()]).optional(),
        Arg::word("storedist", "STOREDIST").optional(),
    ],
    tips: &[],
    doc: &GEOSEARCHSTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::geosearchstore),
};
