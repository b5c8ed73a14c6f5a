//! The counted tree against a vector of pages, with pages that are vectors.

use proptest::prelude::*;

use super::*;

/// Up to eight numbers.
#[derive(Clone, Debug, PartialEq)]
struct Numbers(Vec<u32>);

const PAGE_MAX: usize = 8;

impl Page for Numbers {
    fn count(&self) -> u64 {
        self.0.len() as u64
    }

    fn heap_bytes(&self) -> usize {
        self.0.len() * 4
    }

    fn is_sparse(&self) -> bool {
        self.0.len() < PAGE_MAX / 3
    }

    fn absorb(&mut self, next: &Self) -> bool {
        let fits = self.0.len() + next.0.len() <= PAGE_MAX;
        if fits {
            self.0.extend_from_slice(&next.0);
        }
        fits
    }
}

/// A key with bytes behind it, so that forgetting to book one shows.
#[derive(Clone, Debug)]
struct Bound(u32);

impl Key for Bound {
    fn heap_bytes(&self) -> usize {
        self.0 as usize % 7
    }
}

type Tree = CountedTree<Numbers, Bound>;

fn insert(tree: &mut Tree, number: u32) {
    let Some((path, page)) = tree.seek_key(|key| key.0.cmp(&number)) else {
        return tree.start(Bound(number), Numbers(vec![number]));
    };
    let at = page.0.partition_point(|&other| other < number);
    tree.edit(&path, |page, after| {
        page.0.insert(at, number);
        if page.0.len() > PAGE_MAX {
            let right = page.0.split_off(if at == PAGE_MAX { PAGE_MAX } else { PAGE_MAX / 2 });
            after.push((Bound(right[0]), Numbers(right)));
        }
    });
}

fn remove_at(tree: &mut Tree, at: u64) -> u32 {
    let (path, _, within) = tree.seek(at).expect("the number of an element");
    tree.edit(&path, |page, _| page.0.remove(within as usize))
}

/// Height, elements, pages and bytes, with every invariant checked on the way.
fn recount(node: &Node<Numbers, Bound>, all: &mut Vec<u32>) -> (usize, usize, usize) {
    assert!((1..=FANOUT).contains(&node.entries.len()));
    let (mut height, mut pages, mut bytes) = (0, 0, node.heap_bytes());
    for (i, entry) in node.entries.iter().enumerate() {
        bytes += entry.key.heap_bytes();
        let start = all.len();
        let below = match &entry.down {
            Down::Page(page) => {
                assert!(!page.0.is_empty());
                all.extend(&page.0);
                (0, 1, page.heap_bytes())
            }
            Down::Node(node) => recount(node, all),
        };
        assert!(i == 0 || below.0 == height, "all pages lie equally deep");
        height = below.0;
        assert_eq!(entry.count, (all.len() - start) as u64);
        if i > 0 {
            assert!(all[start] >= entry.key.0 && all[start - 1] < entry.key.0);
        }
        (pages, bytes) = (pages + below.1, bytes + below.2);
    }
    (height + 1, pages, bytes)
}

fn check(tree: &Tree, model: &[u32]) {
    let mut all = Vec::new();
    let expected = tree.root.as_ref().map_or((0, 0, 0), |root| recount(root, &mut all));
    assert_eq!(all, model);
    assert_eq!((tree.height, tree.pages, tree.bytes), expected);
    assert_eq!(tree.count, model.len() as u64);
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u32),
    Ascending(u32, u8),
    RemoveAt(u64),
    RemoveMany(u64, u16),
    Snapshot,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0..5000u32).prop_map(Op::Insert),
        2 => (0..5000u32, any::<u8>()).prop_map(|(from, n)| Op::Ascending(from, n)),
        5 => any::<u64>().prop_map(Op::RemoveAt),
        1 => (any::<u64>(), 0..900u16).prop_map(|(at, n)| Op::RemoveMany(at, n)),
        1 => Just(Op::Snapshot),
    ]
}

proptest! {
    #[test]
    fn a_counted_tree_behaves_like_a_sorted_vector_and_its_snapshots_stay(ops in prop::collection::vec(op(), 1..200)) {
        let (mut tree, mut model) = (Tree::new(), Vec::<u32>::new());
        let mut snapshots = Vec::new();
        for op in ops {
            match op {
                Op::Insert(number) => {
                    if let Err(at) = model.binary_search(&number) {
                        model.insert(at, number);
                        insert(&mut tree, number);
                    }
                }
                Op::Ascending(from, n) => {
                    for number in from..from + u32::from(n) * 4 {
                        if let Err(at) = model.binary_search(&number) {
                            model.insert(at, number);
                            insert(&mut tree, number);
                        }
                    }
                }
                Op::RemoveAt(at) if !model.is_empty() => {
                    let at = at % model.len() as u64;
                    prop_assert_eq!(remove_at(&mut tree, at), model.remove(at as usize));
                }
                Op::RemoveMany(at, n) if !model.is_empty() => {
                    let at = at % model.len() as u64;
                    for _ in 0..n {
                        if (at as usize) < model.len() {
                            prop_assert_eq!(remove_at(&mut tree, at), model.remove(at as usize));
                        }
                    }
                }
                Op::RemoveAt(_) | Op::RemoveMany(..) => {}
                Op::Snapshot => snapshots.push((tree.clone(), model.clone())),
            }
        }
        check(&tree, &model);
        for (tree, model) in &snapshots {
            check(tree, model);
        }
        for (at, number) in model.iter().enumerate() {
            let (path, page, within) = tree.seek(at as u64).expect("there");
            prop_assert_eq!(page.0[within as usize], *number);
            prop_assert_eq!(path.before + within, at as u64);
            let (by_key, _) = tree.seek_key(|key| key.0.cmp(number)).expect("there");
            prop_assert_eq!(by_key, path);
        }
        prop_assert!(tree.seek(model.len() as u64).is_none());
    }
}

#[test]
fn what_is_filled_in_order_is_filled_wholly_and_removal_gives_everything_back() {
    let mut tree = Tree::new();
    (0..100_000).for_each(|number| insert(&mut tree, number));
    assert_eq!(tree.page_count(), 100_000 / PAGE_MAX);
    assert_eq!(tree.height, 3, "12,500 pages, 64 a node");
    while tree.count() > 0 {
        let middle = tree.count() / 2;
        remove_at(&mut tree, middle);
    }
    check(&tree, &[]);
    assert_eq!(tree.heap_bytes(), 0);
}
