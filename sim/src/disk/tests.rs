//! Each kind of fault, shown once.

use std::collections::BTreeSet;

use super::*;

const LOG: FileId = FileId(1);

fn ok(disk: &mut Disk, op: FileOp) {
    disk.begin(&op);
    let outcome = disk.execute(op, None);
    assert!(matches!(outcome, Outcome::Done | Outcome::Opened { .. }), "{outcome:?}");
}

fn append(bytes: &[u8]) -> FileOp {
    FileOp::Append { file: LOG, bytes: bytes.to_vec() }
}

/// A log with a durable name and `a` in it.
fn log() -> Disk {
    let mut disk = Disk::new();
    ok(&mut disk, FileOp::OpenAppend { file: LOG, path: b"log".to_vec() });
    ok(&mut disk, append(b"a"));
    ok(&mut disk, FileOp::Sync { file: LOG });
    ok(&mut disk, FileOp::SyncFolder { path: b".".to_vec() });
    disk
}

/// All that crashes of one kind leave of the file.
fn leftovers(disk: &Disk, survival: Survival, tail: Tail, path: &[u8]) -> BTreeSet<Option<Vec<u8>>> {
    let mut all = BTreeSet::new();
    for seed in 0..400 {
        let mut rng = etalon_core::structures::Rng::new(seed);
        let after = disk.after_crash(survival, tail, &mut |bound| rng.below(bound));
        assert!(after.is_settled());
        all.insert(after.content(path).map(<[u8]>::to_vec));
    }
    all
}

fn set(of: &[&[u8]]) -> BTreeSet<Option<Vec<u8>>> {
    of.iter().map(|content| Some(content.to_vec())).collect()
}

#[test]
fn what_was_synced_survives_and_what_was_not_may() {
    let mut disk = log();
    ok(&mut disk, append(b"b"));
    ok(&mut disk, append(b"c"));
    assert_eq!(leftovers(&disk, Survival::Nothing, Tail::Whole, b"log"), set(&[b"a"]));
    assert_eq!(leftovers(&disk, Survival::Everything, Tail::Whole, b"log"), set(&[b"abc"]));
    for survival in [Survival::Prefix, Survival::Subset] {
        // One sector: a later write brings the earlier one along.
        assert_eq!(leftovers(&disk, survival, Tail::Whole, b"log"), set(&[b"a", b"ab", b"abc"]));
    }
}

#[test]
fn sectors_persist_in_any_order_and_the_gap_reads_as_zeros() {
    let mut disk = log();
    let mut whole = b"a".to_vec();
    whole.resize(2 * SECTOR, b'x');
    ok(&mut disk, append(&whole[1..]));
    let mut hole = b"a".to_vec();
    hole.resize(SECTOR, 0);
    hole.resize(2 * SECTOR, b'x');
    let all = leftovers(&disk, Survival::Subset, Tail::Whole, b"log");
    assert_eq!(all, set(&[b"a", &whole[..SECTOR], &hole, &whole]));
    assert!(!leftovers(&disk, Survival::Prefix, Tail::Whole, b"log").contains(&Some(hole)));
}

#[test]
fn the_last_sector_is_torn_zeroed_or_garbage() {
    let mut disk = log();
    ok(&mut disk, append(b"bc"));
    assert_eq!(leftovers(&disk, Survival::Subset, Tail::Torn, b"log"), set(&[b"a", b"ab", b"abc"]));
    assert_eq!(leftovers(&disk, Survival::Subset, Tail::Zeros, b"log"), set(&[b"a", b"a\0\0", b"ab\0", b"abc"]));
    assert!(leftovers(&disk, Survival::Subset, Tail::Garbage, b"log").len() > 20);
}

#[test]
fn a_sync_covers_what_was_written_before_it_began() {
    let mut disk = log();
    ok(&mut disk, append(b"b"));
    let sync = FileOp::Sync { file: LOG };
    disk.begin(&sync);
    ok(&mut disk, append(b"c"));
    assert_eq!(disk.execute(sync, None), Outcome::Done);
    assert_eq!(leftovers(&disk, Survival::Nothing, Tail::Whole, b"log"), set(&[b"ab"]));
}

#[test]
fn names_are_durable_once_their_folder_is_synced() {
    let mut disk = log();
    ok(&mut disk, FileOp::Create { file: FileId(2), path: b"./temp".to_vec() });
    ok(&mut disk, FileOp::Rename { from: b"temp".to_vec(), to: b"log".to_vec() });
    // The rename without the content that was never synced: an empty file.
    assert_eq!(leftovers(&disk, Survival::Subset, Tail::Whole, b"log"), set(&[b"a", b""]));
    assert_eq!(leftovers(&disk, Survival::Nothing, Tail::Whole, b"log"), set(&[b"a"]));
    ok(&mut disk, FileOp::SyncFolder { path: Vec::new() });
    assert_eq!(leftovers(&disk, Survival::Nothing, Tail::Whole, b"log"), set(&[b""]));
    ok(&mut disk, FileOp::Remove { path: b"log".to_vec() });
    let gone = leftovers(&disk, Survival::Prefix, Tail::Whole, b"log");
    assert_eq!(gone, set(&[b""]).into_iter().chain([None]).collect());
}

#[test]
fn a_folder_that_is_not_durable_takes_its_files_along() {
    let mut disk = Disk::new();
    assert_eq!(
        disk.execute(FileOp::Create { file: LOG, path: b"d/f".to_vec() }, None),
        Outcome::Failed(NO_ENTRY.into())
    );
    ok(&mut disk, FileOp::MakeFolder { path: b"d".to_vec() });
    ok(&mut disk, FileOp::Create { file: LOG, path: b"d/f".to_vec() });
    ok(&mut disk, FileOp::SyncFolder { path: b"d".to_vec() });
    assert_eq!(leftovers(&disk, Survival::Nothing, Tail::Whole, b"d/f"), BTreeSet::from([None]));
    ok(&mut disk, FileOp::SyncFolder { path: b".".to_vec() });
    assert_eq!(leftovers(&disk, Survival::Nothing, Tail::Whole, b"d/f"), set(&[b""]));
}

#[test]
fn a_cut_may_be_dropped() {
    let mut disk = log();
    ok(&mut disk, FileOp::Truncate { path: b"log".to_vec(), bytes: 0 });
    assert_eq!(disk.content(b"log"), Some(&b""[..]));
    assert_eq!(leftovers(&disk, Survival::Subset, Tail::Whole, b"log"), set(&[b"a", b""]));
    ok(&mut disk, FileOp::Sync { file: LOG });
    assert_eq!(leftovers(&disk, Survival::Subset, Tail::Whole, b"log"), set(&[b""]));
}

#[test]
fn writes_are_short_and_the_disk_fills_up() {
    let mut disk = log();
    let short = disk.execute(append(b"bcde"), Some(Fault::Short(128)));
    assert_eq!(short, Outcome::Short { bytes: 2, reason: IO_ERROR.into() });
    disk.set_free(Some(1));
    assert_eq!(disk.execute(append(b"de"), None), Outcome::Short { bytes: 1, reason: NO_SPACE.into() });
    assert_eq!(disk.execute(append(b"e"), None), Outcome::Failed(NO_SPACE.into()));
    disk.set_free(None);
    ok(&mut disk, append(b"e"));
    assert_eq!(disk.content(b"log"), Some(&b"abcde"[..]));
    assert_eq!(disk.execute(append(b"f"), Some(Fault::Refused)), Outcome::Failed(IO_ERROR.into()));
}

#[test]
fn after_a_failed_sync_the_cache_is_clean_and_a_second_sync_saves_nothing() {
    let failed = Outcome::Failed(IO_ERROR.into());
    let mut disk = log();
    ok(&mut disk, append(b"b"));
    assert_eq!(disk.execute(FileOp::Sync { file: LOG }, Some(Fault::SyncKeepsNew)), failed);
    ok(&mut disk, FileOp::Sync { file: LOG });
    assert_eq!(disk.content(b"log"), Some(&b"ab"[..]), "it is read as long as the machine runs");
    assert_eq!(leftovers(&disk, Survival::Everything, Tail::Whole, b"log"), set(&[b"a"]));
    ok(&mut disk, append(b"c"));
    ok(&mut disk, FileOp::Sync { file: LOG });
    assert_eq!(leftovers(&disk, Survival::Nothing, Tail::Whole, b"log"), set(&[b"abc"]), "the page is written again");

    let mut disk = log();
    ok(&mut disk, append(b"b"));
    assert_eq!(disk.execute(FileOp::Sync { file: LOG }, Some(Fault::SyncKeepsOld)), failed);
    assert_eq!(disk.content(b"log"), Some(&b"a"[..]));
}

#[test]
fn an_error_of_writing_back_is_told_by_the_next_sync() {
    let mut disk = log();
    assert_eq!(disk.execute(append(b"b"), Some(Fault::WriteBack)), Outcome::Done);
    let sync = FileOp::Sync { file: LOG };
    assert_eq!(disk.execute(sync.clone(), None), Outcome::Failed(IO_ERROR.into()));
    assert_eq!(disk.execute(sync, None), Outcome::Done, "it is told once");
    assert_eq!(leftovers(&disk, Survival::Everything, Tail::Whole, b"log"), set(&[b"a"]));
}

#[test]
fn bits_rot_and_sectors_lie_in_wrong_places() {
    let mut disk = log();
    disk.inode_mut(b"log").expect("it exists").flip_bit(0, 1);
    assert_eq!(disk.content(b"log"), Some(&b"c"[..]));
    disk.inode_mut(b"log").expect("it exists").misdirect(0, b"zz");
    assert_eq!(disk.content(b"log"), Some(&b"z"[..]), "the length stays");
}

#[test]
fn a_killed_process_leaves_what_it_wrote() {
    let mut disk = log();
    ok(&mut disk, append(b"b"));
    disk.after_kill();
    assert_eq!(disk.content(b"log"), Some(&b"ab"[..]));
    assert_eq!(disk.execute(append(b"c"), None), Outcome::Failed(IO_ERROR.into()), "nothing is open");
}

const SECTOR: usize = inode::SECTOR_BYTES;
