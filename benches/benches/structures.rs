//! The structures of collections over sizes from 10² to 10⁶ (10⁷ with `ETALON_BENCH_ELEMENTS`): what should be flat is flat,
//! what should grow with a logarithm grows with it.
//!
//! Prints bytes an element beside what is stored, then times.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use etalon_core::structures::sequence::Item;
use etalon_core::structures::{IntSet, OrderedTree, Rng, Sequence, StreamId, StreamIndex, bits, hyperloglog};

/// Stands for a listpack node: so many elements in so many bytes.
#[derive(Clone)]
struct Node {
    elements: u64,
    bytes: Arc<Vec<u8>>,
}

impl Node {
    fn new(elements: u64) -> Node {
        Node { elements, bytes: Arc::new(vec![0; 64]) }
    }
}

impl Item for Node {
    fn count(&self) -> u64 {
        self.elements
    }

    fn heap_bytes(&self) -> usize {
        16 + 24 + self.bytes.capacity()
    }
}

fn sizes() -> Vec<u64> {
    let largest = std::env::var("ETALON_BENCH_ELEMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    (2..).map(|power| 10u64.pow(power)).take_while(|&size| size <= largest).collect()
}

fn member(number: u64) -> [u8; 14] {
    let mut member = *b"member:0000000";
    let mut rest = number;
    for digit in member[7..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    member
}

/// A number's score: any order, no two neighbours together.
fn score(number: u64) -> f64 {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64
}

fn ordered_tree(c: &mut Criterion) {
    let mut group = c.benchmark_group("ordered tree");
    for size in sizes() {
        let mut tree = OrderedTree::new();
        (0..size).for_each(|number| assert!(tree.insert(score(number), &member(number))));
        let beside = tree.heap_bytes() as f64 / size as f64 - 22.0;
        println!("ordered tree, {size} scattered elements: {beside:.2} bytes beside score and member");
        let mut rng = Rng::new(1);
        group.bench_function(BenchmarkId::new("rank", size), |b| {
            b.iter(|| {
                let number = rng.below(size);
                tree.rank(score(number), &member(number)).expect("there")
            });
        });
        group.bench_function(BenchmarkId::new("by rank", size), |b| {
            b.iter(|| tree.get(rng.below(size)).map(|(score, _)| score));
        });
        group.bench_function(BenchmarkId::new("ten from a score", size), |b| {
            b.iter(|| {
                let rank = tree.count_below(score(rng.below(size)));
                tree.range(rank..rank + 10).for_each(|element| _ = black_box(element));
            });
        });
        group.bench_function(BenchmarkId::new("remove and insert", size), |b| {
            b.iter(|| {
                let number = rng.below(size);
                tree.remove(score(number), &member(number));
                tree.insert(score(number), &member(number))
            });
        });
        group.bench_function(BenchmarkId::new("update", size), |b| {
            b.iter(|| {
                let number = rng.below(size);
                let old = score(number);
                tree.update(old, &member(number), old + 0.5);
                tree.update(old + 0.5, &member(number), old)
            });
        });
        group.bench_function(BenchmarkId::new("pop first, insert", size), |b| {
            b.iter(|| {
                let (score, member) = tree.pop_first().expect("not empty");
                tree.insert(score, &member)
            });
        });
        group.bench_function(BenchmarkId::new("snapshot, then a write", size), |b| {
            b.iter(|| {
                let snapshot = tree.clone();
                let number = rng.below(size);
                tree.remove(score(number), &member(number));
                tree.insert(score(number), &member(number));
                snapshot
            });
        });
    }
    group.finish();
}

fn sequence(c: &mut Criterion) {
    let mut group = c.benchmark_group("sequence");
    for size in sizes() {
        let mut sequence = Sequence::new();
        (0..size).for_each(|_| sequence.push_back(Node::new(100)));
        println!("sequence, {size} items: {:.2} bytes an item", sequence.heap_bytes() as f64 / size as f64 - 104.0);
        let mut rng = Rng::new(1);
        group.bench_function(BenchmarkId::new("change the last", size), |b| {
            b.iter(|| {
                let (at, _) = sequence.last().expect("not empty");
                sequence.edit(at, |node| Arc::make_mut(&mut node.bytes)[0] += 1);
            });
        });
        group.bench_function(BenchmarkId::new("push back, pop front", size), |b| {
            b.iter(|| {
                sequence.push_back(Node::new(100));
                sequence.pop_front()
            });
        });
        group.bench_function(BenchmarkId::new("seek", size), |b| {
            b.iter(|| sequence.seek(rng.below(size * 100)).map(|(_, _, within)| within));
        });
        group.bench_function(BenchmarkId::new("insert in the middle, remove", size), |b| {
            b.iter(|| {
                let (at, _, _) = sequence.seek(rng.below(size * 100)).expect("there");
                sequence.insert_before(at, Node::new(100));
                let (at, _, _) = sequence.seek(rng.below(size * 100)).expect("there");
                sequence.remove(at)
            });
        });
        group.bench_function(BenchmarkId::new("walk 100", size), |b| {
            b.iter(|| sequence.iter_from(rng.below(size * 50)).take(100).map(|(_, node)| node.elements).sum::<u64>());
        });
    }
    group.finish();
}

fn stream_index(c: &mut Criterion) {
    let mut group = c.benchmark_group("stream index");
    for size in sizes() {
        let mut index = StreamIndex::new();
        (0..size).for_each(|i| index.append(StreamId::new(i * 10, 0), Node::new(100)));
        let (mut rng, mut next) = (Rng::new(1), size * 10);
        group.bench_function(BenchmarkId::new("seek", size), |b| {
            b.iter(|| index.at_or_before(StreamId::new(rng.below(size * 10), 5)).map(|(_, id, _)| id));
        });
        group.bench_function(BenchmarkId::new("append, trim the first", size), |b| {
            b.iter(|| {
                next += 10;
                index.append(StreamId::new(next, 0), Node::new(100));
                let (at, ..) = index.first().expect("not empty");
                index.remove(at).0
            });
        });
    }
    group.finish();
}

fn packed_sets(c: &mut Criterion) {
    let mut group = c.benchmark_group("intset");
    for size in [16u64, 512, 10_000] {
        let mut set = IntSet::new();
        (0..size).for_each(|number| assert!(set.insert(number as i64 * 3)));
        let mut rng = Rng::new(1);
        group.bench_function(BenchmarkId::new("contains", size), |b| {
            b.iter(|| set.contains(rng.below(size * 3) as i64));
        });
        group.bench_function(BenchmarkId::new("remove and insert", size), |b| {
            b.iter(|| {
                let value = rng.below(size) as i64 * 3;
                set.remove(value) && set.insert(value)
            });
        });
    }
    group.finish();
}

fn estimates_and_bits(c: &mut Criterion) {
    let mut group = c.benchmark_group("hyperloglog");
    for size in [100u64, 1000, 1_000_000] {
        let mut bytes = hyperloglog::empty();
        let add =
            |bytes: &mut Vec<u8>, number: u64| hyperloglog::add(bytes, &number.to_le_bytes(), 3000).expect("sound");
        (0..size).for_each(|number| _ = add(&mut bytes, number));
        let mut next = 0;
        group.bench_function(BenchmarkId::new("add again", size), |b| {
            b.iter(|| {
                next = (next + 1) % size;
                add(&mut bytes, next)
            });
        });
        group.bench_function(BenchmarkId::new("count", size), |b| {
            b.iter(|| hyperloglog::HyperLogLog::check(&bytes).expect("made here").count());
        });
    }
    group.finish();
    let mut group = c.benchmark_group("bits");
    let (ones, zeros) = (vec![0xffu8; 1 << 20], vec![0u8; 1 << 20]);
    let whole = 0..8 << 20;
    group.bench_function("count in 1 MiB", |b| b.iter(|| bits::count_ones_in(black_box(&ones), 0, whole.clone())));
    group.bench_function("find in 1 MiB", |b| b.iter(|| bits::find_in(black_box(&zeros), 0, whole.clone(), true)));
    let mut out = vec![0; 1 << 20];
    group.bench_function("and of three times 1 MiB", |b| {
        b.iter(|| bits::combine(bits::Operation::And, &[&ones, &zeros, &ones], &mut out));
    });
    group.finish();
}

criterion_group!(benches, ordered_tree, sequence, stream_index, packed_sets, estimates_and_bits);
criterion_main!(benches);
