//! The rules of nodes that no command shows by itself; everything else is tested through the commands.

use super::*;

fn limits(size: i32) -> Limits {
    Limits { list_listpack_size: size, ..Limits::default() }
}

fn list_of(size: i32, count: usize, element: &[u8]) -> List {
    let mut list = List::empty(Packed::blank(), &limits(size));
    (0..count).for_each(|_| list.push(End::Right, element, &limits(-2)));
    list
}

#[test]
fn a_list_keeps_the_size_of_nodes_it_was_made_with() {
    for (size, nodes) in [(1, 10), (3, 4), (0, 10), (10, 1), (-1, 1), (40_000, 1)] {
        let list = list_of(size, 10, b"x");
        list.check();
        assert_eq!((list.borrowed().len(), list.borrowed().node_count()), (10, nodes), "size {size}");
    }
}

#[test]
fn nodes_by_size_end_at_their_bytes_and_nodes_by_count_at_eight_kib() {
    for (size, per_node) in [(-1, 40), (-2, 80), (-3, 162), (-9, 648), (1000, 80)] {
        let list = list_of(size, 2000, &[b'x'; 98]);
        let mut first = None;
        list.borrowed().for_each_node(|node| {
            let NodeRef::Packed(listpack) = node else { panic!("nothing is large") };
            first.get_or_insert(listpack.len());
        });
        assert_eq!(first, Some(per_node), "size {size}");
    }
}

#[test]
fn one_packed_node_is_a_listpack_again() {
    let mut list = list_of(2, 5, b"x");
    assert!(list.packed().is_none());
    list.remove_ends(End::Left, 4);
    assert!(list.packed().is_some());
    list.push(End::Right, b"y", &limits(-2));
    list.push(End::Right, b"z", &limits(-2));
    assert!(list.packed().is_none(), "it still knows that two elements fill a node");
}

#[test]
fn a_list_remembers_how_deep_it_is_compressed() {
    let deep = Limits { list_compress_depth: 2, ..limits(2) };
    let mut list = List::empty(Packed::blank(), &deep);
    for number in 0..12 {
        // The configuration of later commands is another.
        list.push(End::Right, number.to_string().as_bytes(), &limits(-2));
        assert_eq!((list.borrowed().fill(), list.borrowed().compress_depth()), (2, 2));
    }
    let compressed: Vec<usize> = (0..6).filter(|&node| list.borrowed().is_compressed(node)).collect();
    assert_eq!(compressed, [2, 3]);
    list.remove_ends(End::Left, 11);
    assert!(list.packed().is_some());
    assert_eq!((list.borrowed().fill(), list.borrowed().compress_depth()), (2, 2));
    let deepest = Limits { list_compress_depth: 1 << 20, ..limits(-2) };
    assert_eq!(List::empty(Packed::blank(), &deepest).borrowed().compress_depth(), u16::MAX);
}
