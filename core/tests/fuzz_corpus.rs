//! The fuzzers' functions over the committed corpus, and over mutations of it: what `cargo fuzz` runs for hours is run for a
//! moment by every `cargo test`. Payloads under the same bound of memory, too.

#[path = "../../fuzz/fuzz_targets/peak.rs"]
#[allow(unsafe_code)]
mod peak;

use std::path::Path;

use etalon_core::engine::fuzz::payload;
use etalon_core::structures::Rng;

/// Mutants of each corpus file.
const MUTANTS: usize = 60;

fn run(target: &str, function: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("the corpus is there").map(|f| f.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 3, "a corpus has some files: {}", folder.display());
    let mut rng = Rng::new(7);
    for file in files {
        let data = std::fs::read(&file).expect("a readable file");
        function(&data);
        for _ in 0..MUTANTS {
            function(&mutate(&data, &mut rng));
        }
    }
}

fn mutate(data: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut data = data.to_vec();
    for _ in 0..1 + rng.below(6) {
        let at = rng.below(data.len() as u64 + 1) as usize;
        match rng.below(4) {
            0 if at < data.len() => data[at] = rng.below(256) as u8,
            1 => data.insert(at, b"*$\r\n0129- \"'"[rng.below(12) as usize]),
            2 if at < data.len() => drop(data.remove(at)),
            _ => data.truncate(at.max(1)),
        }
        if data.is_empty() {
            data.push(b'*');
        }
    }
    data
}

#[test]
fn any_traffic_leaves_the_engine_whole() {
    run("traffic", etalon_core::engine::fuzz::fuzz_traffic);
}

#[test]
fn any_split_of_any_bytes_gives_the_same_requests() {
    run("requests", etalon_core::resp::fuzz_request_parser);
}

#[test]
fn any_configuration_file_is_read_or_refused() {
    run("config_file", etalon_core::config::fuzz_config_file);
}

#[test]
fn any_payload_is_a_whole_value_or_refused() {
    run("string", |data| peak::bounded(payload::fuzz_string, data));
    run("list", |data| peak::bounded(payload::fuzz_list, data));
    run("set", |data| peak::bounded(payload::fuzz_set, data));
    run("sorted_set", |data| peak::bounded(payload::fuzz_sorted_set, data));
    run("hash", |data| peak::bounded(payload::fuzz_hash, data));
    run("stream", |data| peak::bounded(payload::fuzz_stream, data));
}

#[test]
fn any_file_is_a_whole_data_set_or_refused() {
    run("rdb", |data| peak::bounded(etalon_core::rdb::fuzz::fuzz_file, data));
}

#[test]
fn any_manifest_is_read_or_refused() {
    run("manifest", |data| peak::bounded(etalon_core::engine::persistence::aof::fuzz::fuzz_manifest, data));
}

#[test]
fn any_log_is_loaded_or_refused_and_left_alone() {
    run("log", |data| peak::bounded(etalon_core::engine::persistence::aof::fuzz::fuzz_log, data));
}

#[test]
fn the_bound_of_memory_can_be_broken() {
    let peak = peak::of(|| drop(std::hint::black_box(vec![0u8; 5 << 20])));
    assert!(peak >= 5 << 20, "{peak}");
    let greedy = |_: &[u8]| drop(std::hint::black_box(Vec::<u8>::with_capacity(5 << 20)));
    assert!(std::panic::catch_unwind(|| peak::bounded(greedy, b"x")).is_err());
}
