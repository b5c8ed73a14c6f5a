//! Listpacks against a vector of strings, and against bytes from a real server.

use proptest::prelude::*;
use quickcheck::quickcheck;

use super::*;

fn texts(listpack: ListpackRef<'_>) -> Vec<Vec<u8>> {
    listpack.iter().map(Item::to_vec).collect()
}

fn check(bytes: &[u8], model: &[Vec<u8>]) {
    let listpack = validate(bytes).expect("every operation leaves a valid listpack");
    assert_eq!(texts(listpack), model);
    assert_eq!(listpack.len(), model.len());
    let mut backwards: Vec<Vec<u8>> = listpack.iter().rev().map(Item::to_vec).collect();
    backwards.reverse();
    assert_eq!(backwards, model);
    for (index, text) in model.iter().enumerate() {
        let from_end = index as i64 - model.len() as i64;
        let place = listpack.seek(index as i64).expect("the index is within");
        assert_eq!(listpack.seek(from_end), Some(place));
        assert_eq!(listpack.get(place).to_vec(), *text);
        assert_eq!(listpack.entry_len_at(place), entry_bytes(Item::parse(text)));
        let first = model.iter().position(|other| other == text).expect("it is there");
        assert_eq!(listpack.find(listpack.first(), text, 0), listpack.seek(first as i64));
    }
    assert_eq!(listpack.seek(model.len() as i64), None);
    assert_eq!(listpack.seek(-(model.len() as i64) - 1), None);
}

#[derive(Clone, Debug)]
enum Op {
    PushBack(Vec<u8>),
    PushFront(Vec<u8>),
    InsertBefore(usize, Vec<u8>),
    InsertAfter(usize, Vec<u8>),
    Replace(usize, Vec<u8>),
    Remove(usize, usize),
    Append(Vec<Vec<u8>>),
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        (any::<i64>(), 0..64u32).prop_map(|(n, shift)| (n >> shift).to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..80),
        (120usize..140, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
        prop::sample::select(vec![63usize, 64, 125, 126, 127, 4095, 4096, 16_376, 16_377, 16_378, 16_379, 20_000])
            .prop_map(|len| vec![b'x'; len]),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let at = 0usize..100;
    prop_oneof![
        3 => text().prop_map(Op::PushBack),
        2 => text().prop_map(Op::PushFront),
        2 => (at.clone(), text()).prop_map(|(at, text)| Op::InsertBefore(at, text)),
        2 => (at.clone(), text()).prop_map(|(at, text)| Op::InsertAfter(at, text)),
        2 => (at.clone(), text()).prop_map(|(at, text)| Op::Replace(at, text)),
        2 => (at, 0usize..4).prop_map(|(at, count)| Op::Remove(at, count)),
        1 => prop::collection::vec(text(), 0..4).prop_map(Op::Append),
    ]
}

fn apply(bytes: &mut Vec<u8>, model: &mut Vec<Vec<u8>>, op: Op) {
    let mut listpack = ListpackMut::new(bytes);
    let len = model.len().max(1);
    let place = |listpack: &ListpackMut<'_>, at: usize| listpack.as_ref().seek((at % len) as i64);
    match op {
        Op::PushBack(text) => {
            listpack.push_back(Item::parse(&text));
            model.push(text);
        }
        Op::PushFront(text) => {
            listpack.push_front(Item::parse(&text));
            model.insert(0, text);
        }
        Op::InsertBefore(at, text) => {
            let Some(there) = place(&listpack, at) else { return };
            let there = listpack.insert_before(there, Item::parse(&text));
            assert_eq!(listpack.as_ref().get(there).to_vec(), text);
            model.insert(at % len, text);
        }
        Op::InsertAfter(at, text) => {
            let Some(there) = place(&listpack, at) else { return };
            let there = listpack.insert_after(there, Item::parse(&text));
            assert_eq!(listpack.as_ref().get(there).to_vec(), text);
            model.insert(at % len + 1, text);
        }
        Op::Replace(at, text) => {
            let Some(there) = place(&listpack, at) else { return };
            listpack.replace(there, Item::parse(&text));
            model[at % len] = text;
        }
        Op::Remove(at, count) => {
            let Some(there) = place(&listpack, at) else { return };
            let next = listpack.remove(there, count);
            let end = (at % len + count).min(model.len());
            model.drain(at % len..end);
            assert_eq!(next.map(|next| listpack.as_ref().get(next).to_vec()), model.get(at % len).cloned());
        }
        Op::Append(texts) => {
            let mut other = Vec::new();
            let mut pack = ListpackMut::init(&mut other);
            texts.iter().for_each(|text| pack.push_back(Item::parse(text)));
            listpack.append(pack.as_ref());
            model.extend(texts);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_listpack_is_a_vector_of_strings(ops in prop::collection::vec(op(), 1..40)) {
        let (mut bytes, mut model) = (Vec::new(), Vec::new());
        ListpackMut::init(&mut bytes);
        for op in ops {
            apply(&mut bytes, &mut model, op);
        }
        check(&bytes, &model);
    }

    #[test]
    fn damaged_bytes_are_refused_or_readable(
        texts in prop::collection::vec(text(), 0..8),
        damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        cut in 0usize..3,
    ) {
        let mut bytes = Vec::new();
        let mut listpack = ListpackMut::init(&mut bytes);
        texts.iter().for_each(|text| listpack.push_back(Item::parse(text)));
        for (at, byte) in damage {
            let len = bytes.len();
            bytes[at % len] = byte;
        }
        bytes.truncate(bytes.len() - cut);
        if let Ok(listpack) = validate(&bytes) {
            let forwards: Vec<_> = listpack.iter().collect();
            let mut backwards: Vec<_> = listpack.iter().rev().collect();
            backwards.reverse();
            prop_assert_eq!(forwards, backwards);
        }
    }
}

quickcheck! {
    fn no_bytes_make_the_validator_panic(bytes: Vec<u8>) -> bool {
        validate(&bytes).is_err() || validate(&bytes).is_ok_and(|pack| pack.iter().count() == pack.len())
    }
}

#[test]
fn integers_take_the_shortest_encoding() {
    let encode = |value: i64| {
        let mut bytes = Vec::new();
        ListpackMut::init(&mut bytes).push_back(Item::Int(value));
        assert_eq!(ListpackRef::new(&bytes).iter().next(), Some(Item::Int(value)), "{value}");
        bytes[HEADER_BYTES..bytes.len() - 1].to_vec()
    };
    assert_eq!(encode(0), [0, 1]);
    assert_eq!(encode(127), [127, 1]);
    assert_eq!(encode(128), [0xc0, 128, 2]);
    assert_eq!(encode(-1), [0xdf, 0xff, 2]);
    assert_eq!(encode(4095), [0xcf, 0xff, 2]);
    assert_eq!(encode(-4096), [0xd0, 0, 2]);
    assert_eq!(encode(4096), [0xf1, 0, 0x10, 3]);
    assert_eq!(encode(-4097), [0xf1, 0xff, 0xef, 3]);
    assert_eq!(encode(32_768), [0xf2, 0, 0x80, 0, 4]);
    assert_eq!(encode(-8_388_608), [0xf2, 0, 0, 0x80, 4]);
    assert_eq!(encode(8_388_608), [0xf3, 0, 0, 0x80, 0, 5]);
    assert_eq!(encode(i64::MIN), [0xf4, 0, 0, 0, 0, 0, 0, 0, 0x80, 9]);
}

#[test]
fn a_count_beyond_sixteen_bits_is_found_by_counting() {
    let mut bytes = Vec::new();
    let mut listpack = ListpackMut::init(&mut bytes);
    for _ in 0..70_000 {
        listpack.push_back(Item::Int(1));
    }
    assert_eq!(listpack.len(), 70_000);
    listpack.remove_range(0, 69_999);
    assert_eq!(listpack.len(), 1);
    assert!(validate(&bytes).is_ok());
}

#[test]
fn a_find_with_skip_looks_at_fields_only() {
    let mut bytes = Vec::new();
    let mut listpack = ListpackMut::init(&mut bytes);
    for text in ["a", "b", "b", "12", "12", "a"] {
        listpack.push_back(Item::parse(text.as_bytes()));
    }
    let view = listpack.as_ref();
    assert_eq!(view.find(view.first(), b"b", 1), view.seek(2));
    assert_eq!(view.find(view.first(), b"12", 1), view.seek(4));
    assert_eq!(view.find(view.first(), b"012", 1), None);
    assert_eq!(view.find(None, b"a", 1), None);
}
