//! The ordered tree against a sorted vector: contents, ranks, bounds, snapshots, accounting.

use proptest::prelude::*;
use quickcheck::quickcheck;

use super::*;
use crate::structures::counted_tree::{Key, Page};
use crate::structures::rng::Rng;

type Model = Vec<(f64, Vec<u8>)>;

fn place(model: &Model, score: f64, member: &[u8]) -> Result<usize, usize> {
    model.binary_search_by(|(s, m)| s.partial_cmp(&score).expect("no NaN").then_with(|| m.as_slice().cmp(member)))
}

pub(super) fn recount(tree: &OrderedTree) -> usize {
    let long: usize = tree.outside.iter().map(|(_, member)| 16 + member.len()).sum();
    assert_eq!(long, tree.outside_bytes);
    tree.tree.recount() + tree.outside.heap_bytes() + long
}

fn check(tree: &OrderedTree, model: &Model) {
    let all: Model = tree.iter().map(|(score, member)| (score, member.to_vec())).collect();
    assert_eq!(&all, model);
    let mut backward: Model = tree.iter().rev().map(|(score, member)| (score, member.to_vec())).collect();
    backward.reverse();
    assert_eq!(&backward, model);
    assert_eq!(tree.len(), model.len() as u64);
    assert_eq!(tree.heap_bytes(), recount(tree));
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-20..20i32).prop_map(f64::from),
        2 => any::<f64>().prop_filter("not NaN", |score| !score.is_nan()),
        1 => prop::sample::select(vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE]),
    ]
}

fn member() -> impl Strategy<Value = Vec<u8>> {
    let common = |n: u16| format!("a-common-prefix-of-members:{n}").into_bytes();
    prop_oneof![
        4 => (0..400u16).prop_map(|n| n.to_string().into_bytes()),
        2 => (0..400u16).prop_map(common),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        1 => (0..40u16, 190..260usize).prop_map(|(n, len)| format!("{n:x>len$}").into_bytes()),
    ]
}

#[derive(Clone, Debug)]
enum Op {
    Insert(f64, Vec<u8>),
    InsertMany(f64, u16, bool),
    Remove(u64),
    RemoveMissing(f64, Vec<u8>),
    Update(u64, f64),
    RemoveRange(u64, u16),
    Pop(bool),
    Snapshot,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => (score(), member()).prop_map(|(s, m)| Op::Insert(s, m)),
        3 => (score(), 0..300u16, any::<bool>()).prop_map(|(s, n, rising)| Op::InsertMany(s, n, rising)),
        6 => any::<u64>().prop_map(Op::Remove),
        1 => (score(), member()).prop_map(|(s, m)| Op::RemoveMissing(s, m)),
        4 => (any::<u64>(), score()).prop_map(|(at, s)| Op::Update(at, s)),
        1 => (any::<u64>(), 0..400u16).prop_map(|(at, n)| Op::RemoveRange(at, n)),
        2 => any::<bool>().prop_map(Op::Pop),
        1 => Just(Op::Snapshot),
    ]
}

fn insert(tree: &mut OrderedTree, model: &mut Model, score: f64, member: &[u8]) {
    let place = place(model, score, member);
    assert_eq!(tree.insert(score, member), place.is_err());
    if let Err(at) = place {
        model.insert(at, (score, member.to_vec()));
    }
}

fn apply(tree: &mut OrderedTree, model: &mut Model, op: Op) {
    let pick = |at: u64| (at % model.len().max(1) as u64) as usize;
    match op {
        Op::Insert(score, member) => insert(tree, model, score, &member),
        Op::InsertMany(score, n, rising) => {
            for i in 0..n {
                let i = if rising { i } else { n - i };
                insert(tree, model, score, format!("in order {i:05}").as_bytes());
            }
        }
        Op::Remove(at) if !model.is_empty() => {
            let (score, member) = model.remove(pick(at));
            assert!(tree.remove(score, &member));
            assert!(!tree.remove(score, &member));
        }
        Op::RemoveMissing(score, member) => {
            let place = place(model, score, &member);
            assert_eq!(tree.remove(score, &member), place.is_ok());
            if let Ok(at) = place {
                model.remove(at);
            }
        }
        Op::Update(at, new) if !model.is_empty() => {
            let (score, member) = model.remove(pick(at));
            if let Err(to) = place(model, new, &member) {
                model.insert(to, (new, member.clone()));
                assert!(tree.update(score, &member, new));
            } else {
                assert!(tree.remove(score, &member));
            }
        }
        Op::RemoveRange(at, n) if !model.is_empty() => {
            let (at, mut seen) = (pick(at), Vec::new());
            let end = (at + usize::from(n)).min(model.len());
            tree.remove_range(at as u64..(at + usize::from(n)) as u64, |s, m| seen.push((s, m.to_vec())));
            assert_eq!(seen, model.drain(at..end).collect::<Vec<_>>());
        }
        Op::Pop(true) => {
            let expected = (!model.is_empty()).then(|| model.remove(0));
            assert_eq!(tree.pop_first(), expected);
        }
        Op::Pop(false) => assert_eq!(tree.pop_last(), model.pop()),
        Op::Remove(_) | Op::Update(..) | Op::RemoveRange(..) | Op::Snapshot => {}
    }
}

proptest! {
    #[test]
    fn an_ordered_tree_behaves_like_a_sorted_vector_and_its_snapshots_stay(ops in prop::collection::vec(op(), 1..150)) {
        let (mut tree, mut model) = (OrderedTree::new(), Model::new());
        let mut snapshots = Vec::new();
        for op in ops {
            if matches!(op, Op::Snapshot) {
                snapshots.push((tree.clone(), model.clone()));
            }
            apply(&mut tree, &mut model, op);
        }
        check(&tree, &model);
        for (tree, model) in &snapshots {
            check(tree, model);
        }
    }

    #[test]
    fn ranks_and_bounds_are_those_of_a_sorted_vector(
        elements in prop::collection::vec((score(), member()), 0..600),
        probes in prop::collection::vec((score(), member()), 1..40),
    ) {
        let (mut tree, mut model) = (OrderedTree::new(), Model::new());
        elements.iter().for_each(|(s, m)| insert(&mut tree, &mut model, *s, m));
        for (rank, (score, member)) in model.iter().enumerate() {
            prop_assert_eq!(tree.rank(*score, member), Some(rank as u64));
            prop_assert_eq!(tree.get(rank as u64), Some((*score, &member[..])));
        }
        prop_assert_eq!(tree.get(tree.len()), None);
        for (score, member) in probes {
            prop_assert_eq!(tree.rank(score, &member), place(&model, score, &member).ok().map(|at| at as u64));
            prop_assert_eq!(tree.count_below(score), model.partition_point(|(s, _)| *s < score) as u64);
            prop_assert_eq!(tree.count_up_to(score), model.partition_point(|(s, _)| *s <= score) as u64);
        }
    }

    #[test]
    fn bounds_by_member_hold_where_members_rise_with_scores(
        members in prop::collection::btree_set(member(), 0..500),
        equal in any::<bool>(),
        order in any::<u64>(),
        probes in prop::collection::vec(member(), 1..40),
    ) {
        let members: Vec<Vec<u8>> = members.into_iter().collect();
        let mut shuffled: Vec<usize> = (0..members.len()).collect();
        let mut rng = Rng::new(order);
        (1..shuffled.len()).for_each(|i| shuffled.swap(i, rng.below(i as u64 + 1) as usize));
        let mut tree = OrderedTree::new();
        for i in shuffled {
            tree.insert(if equal { 5.0 } else { i as f64 }, &members[i]);
        }
        for probe in probes {
            prop_assert_eq!(tree.count_below_member(&probe), members.partition_point(|m| *m < probe) as u64);
            prop_assert_eq!(tree.count_up_to_member(&probe), members.partition_point(|m| *m <= probe) as u64);
        }
    }
}

quickcheck! {
    fn what_is_inserted_comes_out_in_order(elements: Vec<(i32, Vec<u8>)>) -> bool {
        let mut tree = OrderedTree::new();
        let mut sorted = elements.clone();
        elements.iter().for_each(|(score, member)| _ = tree.insert(f64::from(*score), member));
        sorted.sort();
        sorted.dedup();
        tree.iter().map(|(score, member)| (score as i32, member.to_vec())).eq(sorted)
    }
}

#[test]
fn a_range_is_walked_from_both_ends_at_once() {
    let mut tree = OrderedTree::new();
    (0..1000).for_each(|i| assert!(tree.insert(f64::from(i), b"")));
    let mut range = tree.range(100..5000);
    assert_eq!(range.len(), 900);
    for i in 0..450 {
        assert_eq!(range.next(), Some((f64::from(100 + i), &b""[..])));
        assert_eq!(range.next_back(), Some((f64::from(999 - i), &b""[..])));
    }
    assert_eq!((range.next(), range.next_back()), (None, None));
}

#[test]
fn minus_zero_is_kept_but_is_no_other_score() {
    let mut tree = OrderedTree::new();
    assert!(tree.insert(-0.0, b"a"));
    assert!(!tree.insert(0.0, b"a"));
    assert!(tree.get(0).expect("there").0.is_sign_negative());
    assert_eq!(tree.rank(0.0, b"a"), Some(0));
    assert_eq!((tree.count_below(0.0), tree.count_up_to(-0.0)), (0, 1));
}

/// Bytes beside score and member, for each element of 100,000 with members of 12 bytes.
fn overhead(order: impl Iterator<Item = u32>) -> f64 {
    let mut tree = OrderedTree::new();
    order.for_each(|i| assert!(tree.insert(f64::from(i / 3), format!("member:{i:05}").as_bytes())));
    assert_eq!(tree.len(), 100_000);
    tree.heap_bytes() as f64 / 100_000.0 - 20.0
}

#[test]
fn an_element_costs_few_bytes_beside_score_and_member() {
    let rising = overhead(0..100_000);
    let falling = overhead((0..100_000).rev());
    let scattered = overhead((0..100_000u64).map(|i| (i * 61_803 % 100_000) as u32));
    let mut rng = Rng::new(1);
    let mut shuffled: Vec<u32> = (0..100_000).collect();
    (1..shuffled.len()).for_each(|i| shuffled.swap(i, rng.below(i as u64 + 1) as usize));
    let shuffled = overhead(shuffled.into_iter());
    assert!(rising < 5.0 && falling < 5.0, "{rising} {falling}");
    assert!(scattered < 8.0 && shuffled < 8.0, "{scattered} {shuffled}");
}

#[test]
fn what_is_emptied_gives_all_memory_back() {
    let mut tree = OrderedTree::new();
    (0..5000).for_each(|i| assert!(tree.insert(1.0, format!("{i:0>300}").as_bytes())));
    tree.remove_range(0..u64::MAX, |_, _| ());
    assert_eq!((tree.len(), tree.heap_bytes()), (0, 0));
}

#[test]
fn a_separator_is_as_short_as_it_can_be() {
    let between = |a: (f64, &str), b: (f64, &str)| {
        let separator = Separator::between((a.0, a.1.as_bytes()), (b.0, b.1.as_bytes()));
        assert!(separator.compare(b.0, b.1.as_bytes()).is_le() && separator.compare(a.0, a.1.as_bytes()).is_gt());
        (separator.score, separator.member().to_vec(), separator.heap_bytes())
    };
    assert_eq!(between((1.0, "abcd"), (1.0, "abxyz")), (1.0, b"abx".to_vec(), 0));
    assert_eq!(between((1.0, "ab"), (1.0, "abxyz")), (1.0, b"abx".to_vec(), 0));
    assert_eq!(between((1.0, "zz"), (2.0, "abxyz")), (2.0, Vec::new(), 0));
    let long = "x".repeat(30);
    assert_eq!(between((1.0, &long), (1.0, &format!("{long}y"))).2, 16 + 31);
}

#[test]
fn leaves_merge_when_they_empty_out() {
    let mut tree = OrderedTree::new();
    (0..20_000).for_each(|i| assert!(tree.insert(f64::from(i), b"member")));
    let full = tree.leaf_count();
    (0..20_000).filter(|i| i % 10 != 0).for_each(|i| assert!(tree.remove(f64::from(i), b"member")));
    assert!(tree.leaf_count() * 3 < full, "{} of {full} leaves are left", tree.leaf_count());
    assert!(LeafPage::with(&RecordBytes::new(0.0, Member::Inline(b""))).is_sparse());
}
