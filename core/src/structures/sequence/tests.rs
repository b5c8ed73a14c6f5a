//! The sequence against a vector of items.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// Some numbers behind a pointer.
type Numbers = Arc<Vec<u16>>;

impl Item for Numbers {
    fn count(&self) -> u64 {
        self.len() as u64
    }

    fn heap_bytes(&self) -> usize {
        self.len() * 2
    }
}

#[derive(Clone, Debug)]
enum Op {
    PushFront(Vec<u16>),
    PushBack(Vec<u16>),
    PopFront,
    PopBack,
    InsertBefore(u64, Vec<u16>),
    InsertAfter(u64, Vec<u16>),
    Remove(u64),
    Append(u64, u16),
    Empty(u64),
    Split(u64),
    Snapshot,
}

fn numbers() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 1..6)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => numbers().prop_map(Op::PushFront),
        8 => numbers().prop_map(Op::PushBack),
        2 => Just(Op::PopFront),
        2 => Just(Op::PopBack),
        3 => (any::<u64>(), numbers()).prop_map(|(at, n)| Op::InsertBefore(at, n)),
        3 => (any::<u64>(), numbers()).prop_map(|(at, n)| Op::InsertAfter(at, n)),
        2 => any::<u64>().prop_map(Op::Remove),
        3 => (any::<u64>(), any::<u16>()).prop_map(|(at, n)| Op::Append(at, n)),
        1 => any::<u64>().prop_map(Op::Empty),
        2 => any::<u64>().prop_map(Op::Split),
        1 => Just(Op::Snapshot),
    ]
}

fn item_of(model: &[Vec<u16>], element: u64) -> (usize, u64) {
    let mut before = 0;
    for (i, item) in model.iter().enumerate() {
        if element < before + item.len() as u64 {
            return (i, element - before);
        }
        before += item.len() as u64;
    }
    unreachable!("an element's number")
}

fn apply(sequence: &mut Sequence<Numbers>, model: &mut Vec<Vec<u16>>, op: Op) {
    let elements = model.iter().map(|item| item.len() as u64).sum::<u64>();
    let find = |at: u64| {
        let at = (elements > 0).then(|| at % elements)?;
        let (position, item, within) = sequence.seek(at).expect("there");
        let (i, expected) = item_of(model, at);
        assert_eq!((item.as_slice(), within), (&model[i][..], expected));
        Some((position, i))
    };
    match op {
        Op::PushFront(item) => {
            model.insert(0, item.clone());
            sequence.push_front(Arc::new(item));
        }
        Op::PushBack(item) => {
            model.push(item.clone());
            sequence.push_back(Arc::new(item));
        }
        Op::PopFront => {
            let expected = (!model.is_empty()).then(|| Arc::new(model.remove(0)));
            assert_eq!(sequence.pop_front(), expected);
        }
        Op::PopBack => assert_eq!(sequence.pop_back(), model.pop().map(Arc::new)),
        Op::InsertBefore(at, item) => {
            let Some((position, i)) = find(at) else { return };
            model.insert(i, item.clone());
            sequence.insert_before(position, Arc::new(item));
        }
        Op::InsertAfter(at, item) => {
            let Some((position, i)) = find(at) else { return };
            model.insert(i + 1, item.clone());
            sequence.insert_after(position, Arc::new(item));
        }
        Op::Remove(at) => {
            let Some((position, i)) = find(at) else { return };
            assert_eq!(*sequence.remove(position), model.remove(i));
        }
        Op::Append(at, number) => {
            let Some((position, i)) = find(at) else { return };
            model[i].push(number);
            sequence.edit(position, |item| Arc::make_mut(item).push(number));
            assert_eq!(**sequence.get(position), model[i]);
        }
        Op::Empty(at) => {
            let Some((position, i)) = find(at) else { return };
            model.remove(i);
            sequence.edit(position, |item| Arc::make_mut(item).clear());
        }
        Op::Split(at) => {
            let Some((position, i)) = find(at) else { return };
            let parts: Vec<Vec<u16>> = model[i].iter().map(|&number| vec![number]).collect();
            model.splice(i..i + 1, parts.clone());
            sequence.edit_and_insert(position, |item, others| {
                *item = Arc::new(parts[0].clone());
                others.extend(parts[1..].iter().cloned().map(Arc::new));
            });
        }
        Op::Snapshot => {}
    }
}

fn check(sequence: &Sequence<Numbers>, model: &[Vec<u16>]) {
    assert!(sequence.iter().map(|(_, item)| item.as_slice()).eq(model.iter().map(Vec::as_slice)));
    assert!(sequence.iter().rev().map(|(_, item)| item.as_slice()).eq(model.iter().rev().map(Vec::as_slice)));
    assert_eq!(sequence.item_count(), model.len());
    assert_eq!(sequence.element_count(), model.iter().map(|item| item.len() as u64).sum::<u64>());
    assert_eq!(sequence.heap_bytes(), sequence.tree.recount());
    for element in 0..sequence.element_count() {
        let (i, _) = item_of(model, element);
        assert!(sequence.iter_from(element).map(|(_, item)| item.as_slice()).eq(model[i..].iter().map(Vec::as_slice)));
        let to = sequence.iter_to(element).rev().map(|(_, item)| item.as_slice());
        assert!(to.eq(model[..=i].iter().rev().map(Vec::as_slice)));
        if element > 40 {
            break;
        }
    }
}

proptest! {
    #[test]
    fn a_sequence_behaves_like_a_vector_of_items_and_its_snapshots_stay(ops in prop::collection::vec(op(), 1..600)) {
        let (mut sequence, mut model) = (Sequence::new(), Vec::new());
        let mut snapshots = Vec::new();
        for op in ops {
            if matches!(op, Op::Snapshot) {
                snapshots.push((sequence.clone(), model.clone()));
            }
            apply(&mut sequence, &mut model, op);
        }
        check(&sequence, &model);
        for (sequence, model) in &snapshots {
            check(sequence, model);
        }
    }
}

#[test]
fn a_sequence_of_one_item_costs_little_and_an_empty_one_nothing() {
    let mut sequence = Sequence::<Numbers>::new();
    assert_eq!(sequence.heap_bytes(), 0);
    sequence.push_back(Arc::new(vec![1]));
    assert!(sequence.heap_bytes() <= 72, "{}", sequence.heap_bytes());
    sequence.pop_back();
    assert_eq!(sequence.heap_bytes(), 0);
}

#[test]
fn every_item_is_visited_for_change_until_told_to_stop() {
    let mut sequence = Sequence::<Numbers>::new();
    sequence.extend((0..300u16).map(|i| Arc::new(vec![i; 3])));
    let mut visited = 0;
    sequence.for_each_mut(|at, item| {
        assert_eq!(at.first_element, visited * 3);
        visited += 1;
        Arc::make_mut(item)[0] = 7;
        if visited == 200 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(visited, 200);
    assert!(sequence.iter().enumerate().all(|(i, (_, item))| item[0] == if i < 200 { 7 } else { i as u16 }));
}
