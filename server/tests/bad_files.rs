//! Files that can't be loaded: the process ends with code 1, its log names file and offset, and the files stay as they are. Where it
//! is installed the real server gets the same files, and has to say the same but for file and offset.

mod harness;

use std::collections::BTreeMap;

use harness::{Folder, binary, free_port, oracle, run_program};

const MANIFEST: &str = "appendonlydir/appendonly.aof.manifest";
const BASE: &str = "appendonlydir/appendonly.aof.1.base.rdb";
const INCREMENT: &str = "appendonlydir/appendonly.aof.1.incr.aof";
const NEXT: &str = "appendonlydir/appendonly.aof.2.incr.aof";
const NAMES: &[u8] = b"file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
const SET: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n1\r\n";
const BAD_FORMAT: &str = "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, \
                          then use ./redis-check-aof --fix <filename.manifest>";
const CUT: &str = "Unexpected end of file reading the append only file appendonly.aof.1.incr.aof. You can: 1) Make a backup of your AOF \
                   file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' \
                   configuration option to yes and restart the server.";

/// How the lines of the two servers relate.
#[derive(Clone, Copy, PartialEq)]
enum Real {
    /// It says the same and ends with the same code.
    Same,
    /// It ends with the same code; its own words depend on more than the file.
    Ends,
    /// It does something worse.
    Else,
}
use Real::{Else, Ends, Same};

/// A name, files, further settings, a line of the log, its place behind that, and what the real server does.
type Case<'a> = (&'a str, Vec<(&'a str, Vec<u8>)>, &'a [&'a str], &'a str, &'a str, Real);

/// Starts a program on these files: exit code and log. The files have to be as before.
fn refused(program: &str, name: &str, files: &[(&str, Vec<u8>)], settings: &[&str]) -> (i32, String) {
    let folder = Folder::new();
    for (path, content) in files {
        let path = folder.0.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }
    let (dir, port) = (folder.path(""), free_port().to_string());
    let mut arguments = vec!["--port", &port, "--bind", "127.0.0.1", "--save", "", "--dir", &dir];
    arguments.extend_from_slice(settings);
    let (code, log, _) = run_program(program, &arguments, "");
    if program == binary() {
        let left: BTreeMap<String, Vec<u8>> = folder
            .names()
            .into_iter()
            .map(|name| (name.clone(), std::fs::read(folder.0.join(name)).expect("a file")))
            .collect();
        let before = files.iter().map(|(name, content)| (name.to_string(), content.clone())).collect();
        assert_eq!(left, before, "{name}: the files stay as they are");
    }
    (code, log)
}

fn check(cases: &[Case<'_>]) {
    let real = oracle();
    for (name, files, settings, line, place, relation) in cases {
        let (code, log) = refused(binary(), name, files, settings);
        assert_eq!(code, 1, "{name}: {log}");
        let found = log.lines().find(|found| found.contains(line)).unwrap_or_else(|| panic!("{name}: {log}"));
        assert!(found.contains(place), "{name}: {place:?} in {found:?}");
        let Some(real) = real.filter(|_| *relation != Else) else { continue };
        let (code, log) = refused(real, name, files, settings);
        assert_eq!(code, 1, "{name}, real server: {log}");
        assert!(*relation == Ends || log.contains(line), "{name}, real server: {log}");
    }
}

/// A data set of one database with these objects, without a checksum.
fn data_set(objects: &[u8]) -> Vec<u8> {
    [b"REDIS0010\xfe\x00", objects, b"\xff", &[0; 8]].concat()
}

#[test]
fn data_sets_that_are_no_data_sets() {
    let good = data_set(b"\x00\x01k\x01v");
    let mut flipped = good.clone();
    *flipped.last_mut().expect("a checksum") = 7;
    let cut = good[..good.len() - 3].to_vec();
    let rdb = |content: &[u8]| vec![("dump.rdb", content.to_vec())];
    check(&[
        ("empty", rdb(b""), &[], "Unexpected end of the file", "dump.rdb, offset 0)", Ends),
        (
            "no data set",
            rdb(b"NOREDIS0010 and more"),
            &[],
            "Wrong signature trying to load DB from file",
            "offset 9)",
            Same,
        ),
        (
            "no data set, in the end",
            rdb(b"NOREDIS0010 and more"),
            &[],
            "Fatal error loading the DB: Invalid argument. Exiting.",
            "",
            Same,
        ),
        ("from the future", rdb(b"REDIS0099 and more"), &[], "Can't handle RDB format version 99", "offset 9)", Same),
        ("no version", rdb(b"REDISabcd and more"), &[], "Can't handle RDB format version 0", "offset 9)", Same),
        (
            "a version of three digits",
            rdb(b"REDIS001x\xfe\x00\x00\x01k\x01v\xff"),
            &[],
            "Wrong signature trying to load DB from file",
            "offset 9)",
            Else,
        ),
        ("cut", rdb(&cut), &[], "Unexpected end of the file", "dump.rdb, offset 17)", Ends),
        ("wrong checksum", rdb(&flipped), &[], ") but got (700000000000000). Aborting now.", "offset 25)", Same),
        ("unknown type", rdb(&data_set(b"\xc8\x01k\x01v")), &[], "Unknown RDB encoding type 200", "offset 14)", Same),
        (
            "endless",
            rdb(b"REDIS0010\x00\x01k\x81\x00\x00\x00\xff\xff\xff\xff\xffab"),
            &[],
            "Unexpected end of the file",
            "offset ",
            Ends,
        ),
        (
            "databases",
            rdb(b"REDIS0010\xfe\x20\x00\x01k\x01v\xff"),
            &[],
            "FATAL: Data file was created with a Redis server configured to handle more than 16 databases. Exiting",
            "offset 11)",
            Same,
        ),
        (
            "twice",
            rdb(&data_set(b"\x00\x01k\x01v\x00\x01k\x01v")),
            &[],
            "RDB has duplicated key 'k' in DB 0",
            "offset ",
            Else,
        ),
        (
            "damaged inside",
            rdb(&data_set(b"\x12\x01k\x01\x02\x08abcdefgh")),
            &[],
            "Malformed data at key 'k'",
            "offset 25)",
            Ends,
        ),
        ("no library", rdb(b"REDIS0010\xf5\x03abc\xff"), &[], "Failed creating the library", "offset 14)", Else),
    ]);
}

#[test]
fn logs_that_are_no_logs() {
    const LOG: &[&str] = &["--appendonly", "yes"];
    const WHOLE: &[&str] = &["--appendonly", "yes", "--aof-load-truncated", "no"];
    let base = data_set(b"\x00\x01k\x01v");
    let with = |increment: &[u8]| {
        vec![(MANIFEST, NAMES.to_vec()), (BASE, base.clone()), (INCREMENT, [SET, increment].concat())]
    };
    let three = || [NAMES, b"file appendonly.aof.2.incr.aof seq 2 type i\n"].concat();
    let place = "appendonly.aof.1.incr.aof, offset ";
    check(&[
        ("text", with(b"text\r\n"), LOG, BAD_FORMAT, place, Same),
        ("no arguments", with(b"*0\r\n"), LOG, BAD_FORMAT, place, Same),
        ("less than none", with(b"*-1\r\n"), LOG, BAD_FORMAT, place, Same),
        ("no string", with(b"*1\r\n+3\r\nabc\r\n"), LOG, BAD_FORMAT, place, Same),
        (
            "unknown",
            with(b"*1\r\n$3\r\nFOO\r\n"),
            LOG,
            "Unknown command 'FOO' reading the append only file appendonly.aof.1.incr.aof",
            place,
            Same,
        ),
        ("cut", with(b"*3\r\n$3\r\nSE"), WHOLE, CUT, "appendonly.aof.1.incr.aof, offset 27)", Same),
        ("open transaction", with(b"*1\r\n$5\r\nMULTI\r\n"), WHOLE, CUT, "appendonly.aof.1.incr.aof, offset 27)", Same),
        (
            "base cut",
            vec![(MANIFEST, NAMES.to_vec()), (BASE, base[..20].to_vec()), (INCREMENT, SET.to_vec())],
            LOG,
            "Unexpected end of the file",
            "appendonly.aof.1.base.rdb, offset 17)",
            Ends,
        ),
        (
            "base missing",
            vec![(MANIFEST, NAMES.to_vec()), (INCREMENT, SET.to_vec())],
            LOG,
            "Unable to obtain the AOF file appendonly.aof.1.base.rdb length. stat: No such file or directory",
            "appendonly.aof.1.base.rdb)",
            Same,
        ),
        (
            "increment missing",
            vec![(MANIFEST, NAMES.to_vec()), (BASE, base.clone())],
            LOG,
            "Unable to obtain the AOF file appendonly.aof.1.incr.aof length. stat: No such file or directory",
            "appendonly.aof.1.incr.aof)",
            Same,
        ),
        (
            "cut in the middle",
            vec![(MANIFEST, three()), (BASE, base.clone()), (INCREMENT, SET[..9].to_vec()), (NEXT, SET.to_vec())],
            LOG,
            "Fatal error: the truncated file is not the last file",
            "appendonly.aof.1.incr.aof, offset 0)",
            // It cuts the file all the same.
            Same,
        ),
        (
            "no folder",
            vec![("appendonlydir", b"a file".to_vec())],
            LOG,
            "Can't open or create append-only dir appendonlydir: Not a directory",
            "",
            Same,
        ),
    ]);
}

#[test]
fn manifests_that_are_no_manifests() {
    let manifests: &[(&str, &[u8], &str, u32)] = &[
        ("empty", b"", "Found an empty AOF manifest", 0),
        ("text", b"text\n", "Invalid AOF manifest file format", 1),
        ("empty line", b"\n", "Invalid AOF manifest file format", 1),
        ("no last line feed", b"file a seq 1 type i", "The AOF manifest file contains too long line", 1),
        ("long", &[b'a'; 3000], "The AOF manifest file contains too long line", 1),
        ("no value", b"file a seq 1 type\n", "Invalid AOF manifest file format", 1),
        ("other words", b"file a seq 1 kind b\n", "Invalid AOF manifest file format", 1),
        ("unknown type", b"file a seq 1 type x\n", "Unknown AOF file type", 1),
        ("two bases", b"file a seq 1 type b\nfile b seq 2 type b\n", "Found duplicate base file information", 2),
        ("backwards", b"file a seq 2 type i\nfile b seq 1 type i\n", "Found a non-monotonic sequence number", 2),
        ("no number", b"file a seq z type i\n", "Invalid AOF manifest file format", 1),
        ("number zero", b"file a seq 0 type b\n", "Invalid AOF manifest file format", 1),
        ("path", b"file ../a seq 1 type i\n", "File can't be a path, just a filename", 1),
        ("open quotes", b"file \"a seq 1 type i\n", "Invalid AOF manifest file format", 1),
    ];
    for appendonly in ["yes", "no"] {
        for (name, content, line, number) in manifests {
            let place = format!("appendonly.aof.manifest, line {number})");
            let settings = ["--appendonly", appendonly];
            let files = vec![(MANIFEST, content.to_vec())];
            check(&[(name, files.clone(), &settings, line, &place, Same)]);
            check(&[(name, files, &settings, "*** FATAL AOF MANIFEST FILE ERROR ***", "", Same)]);
            if appendonly == "no" {
                break;
            }
        }
    }
}
