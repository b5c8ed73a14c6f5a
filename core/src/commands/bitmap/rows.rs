//! The rows of this family.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[BITCOUNT, BITFIELD, BITFIELD_RO, BITOP, BITPOS, GETBIT, SETBIT];

const BITCOUNT_DOC: Doc =
    Doc::new("bitmap", "2.6.0", "Counts the ones in a string, or in a range of its bytes or bits.")
        .complexity("O(N)")
        .history(&[("7.0.0", "Added the `BYTE|BIT` option.")]);
const BITCOUNT: Command = Command {
    name: "bitcount",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::BITMAP,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::block(
            "index",
            &[
                Arg::integer("start"),
                Arg::integer("end"),
                Arg::one_of("index_unit", &[Arg::word("byte", "BYTE"), Arg::word("bit", "BIT")])
                    .since("7.0.0")
                    .optional(),
            ],
        )
        .optional(),
    ],
    tips: &[],
    doc: &BITCOUNT_DOC,
    subcommands: &[],
    run: Run::Data(super::bitcount),
};

const BITFIELD_DOC: Doc =
    Doc::new("bitmap", "3.2.0", "Reads, writes and adds to integer fields of any width inside a string.")
        .complexity("O(1) for each subcommand specified");
const BITFIELD: Command = Command {
    name: "bitfield",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::BITMAP,
    keys: &[KeySpec::range(
        1,
        0,
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE).union(KeyFlags::VARIABLE_FLAGS),
    )
    .notes("This command allows both access and modification of the key")],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::one_of(
            "operation",
            &[
                Arg::block("encoding_offset", &[Arg::string("encoding"), Arg::integer("offset")]).token("GET"),
                Arg::block(
                    "write",
                    &[
                        Arg::one_of(
                            "wrap_sat_fail",
                            &[Arg::word("wrap", "WRAP"), Arg::word("sat", "SAT"), Arg::word("fail", "FAIL")],
                        )
                        .token("OVERFLOW")
                        .optional(),
                        Arg::one_of(
                            "write_operation",
                            &[
                                Arg::block(
                                    "encoding_offset_value",
                                    &[Arg::string("encoding"), Arg::integer("offset"), Arg::integer("value")],
                                )
                                .token("SET"),
                                Arg::block(
                                    "encoding_offset_increment",
                                    &[Arg::string("encoding"), Arg::integer("offset"), Arg::integer("increment")],
                                )
                                .token("INCRBY"),
                            ],
                        ),
                    ],
                ),
            ],
        )
        .optional()
        .multiple(),
    ],
    tips: &[],
    doc: &BITFIELD_DOC,
    subcommands: &[],
    run: Run::Data(super::bitfield),
};

const BITFIELD_RO_DOC: Doc = Doc::new("bitmap", "6.0.0", "Reads integer fields of any width inside a string.")
    .complexity("O(1) for each subcommand specified");
const BITFIELD_RO: Command = Command {
    name: "bitfield_ro",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::BITMAP,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::block("encoding_offset", &[Arg::string("encoding"), Arg::integer("offset")])
            .token("GET")
            .optional()
            .multiple()
            .multiple_token(),
    ],
    tips: &[],
    doc: &BITFIELD_RO_DOC,
    subcommands: &[],
    run: Run::Data(super::bitfield_ro),
};

const BITOP_DOC: Doc =
    Doc::new("bitmap", "2.6.0", "Stores the AND, OR, XOR or NOT of strings, taken bit by bit.").complexity("O(N)");
const BITOP: Command = Command {
    name: "bitop",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::BITMAP,
    keys: &[
        KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(3, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    find_keys: None,
    args: &[Arg::string("operation"), Arg::key("destkey", 0), Arg::key("key", 1).multiple()],
    tips: &[],
    doc: &BITOP_DOC,
    subcommands: &[],
    run: Run::Data(super::bitop),
};

const BITPOS_DOC: Doc =
    Doc::new("bitmap", "2.8.7", "Looks for the first bit that is 0, or 1, in a string or a range of it.")
        .complexity("O(N)")
        .history(&[("7.0.0", "Added the `BYTE|BIT` option.")]);
const BITPOS: Command = Command {
    name: "bitpos",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::BITMAP,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::integer("bit"),
        Arg::block(
            "index",
            &[
                Arg::integer("start"),
                Arg::block(
                    "end_index",
                    &[
                        Arg::integer("end"),
                        Arg::one_of("index_unit", &[Arg::word("byte", "BYTE"), Arg::word("bit", "BIT")])
                            .since("7.0.0")
                            .optional(),
                    ],
                )
                .optional(),
            ],
        )
        .optional(),
    ],
    tips: &[],
    doc: &BITPOS_DOC,
    subcommands: &[],
    run: Run::Data(super::bitpos),
};

const GETBIT_DOC: Doc = Doc::new("bitmap", "2.2.0", "Tells one bit of a string.").complexity("O(1)");
const GETBIT: Command = Command {
    name: "getbit",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::BITMAP,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("offset")],
    tips: &[],
    doc: &GETBIT_DOC,
    subcommands: &[],
    run: Run::Data(super::getbit),
};

const SETBIT_DOC: Doc =
    Doc::new("bitmap", "2.2.0", "Changes one bit of a string, lengthening it if need be, and tells what it was.")
        .complexity("O(1)");
const SETBIT: Command = Command {
    name: "setbit",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::BITMAP,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("offset"), Arg::integer("value")],
    tips: &[],
    doc: &SETBIT_DOC,
    subcommands: &[],
    run: Run::Data(super::setbit),
};
