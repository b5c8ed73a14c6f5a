//! Looking up many ids that rise, as XAUTOCLAIM does.
//!
//! A node has to be walked from its first entry. A hundred ids of one node would take a hundred walks; here they take one.

use super::{Entry, Stream};
use crate::structures::StreamId;

/// Looks up ids that rise: what lies close together is found by walking on, not by searching anew.
#[derive(Clone, Debug)]
pub struct Finder<'a> {
    stream: &'a Stream,
    /// No living entry is between the last id that was looked up and this entry.
    at: Option<Entry<'a>>,
}

impl Stream {
    /// For looking up many ids that rise.
    pub fn finder(&self) -> Finder<'_> {
        Finder { stream: self, at: None }
    }
}

impl<'a> Finder<'a> {
    /// The living entry with this id, which is above all that were looked up before.
    pub fn find(&mut self, id: StreamId) -> Option<Entry<'a>> {
        while let Some(entry) = self.at.filter(|entry| entry.is_deleted || entry.id < id) {
            self.at = entry.next();
        }
        if self.at.is_none() {
            self.at = self.stream.range(id, StreamId::MAX).next();
        }
        self.at.filter(|entry| entry.id == id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::types::Limits;

    fn stream(entries: &[(u64, bool)]) -> Stream {
        let limits = Limits { stream_node_entries_max: 4, ..Limits::default() };
        let mut stream = Stream::default();
        for &(ms, _) in entries {
            let pair: [&[u8]; 2] = [b"field", b"value"];
            stream.append(StreamId::new(ms, 0), pair.into_iter(), 1, &limits).expect("ids rise");
        }
        for &(ms, is_deleted) in entries {
            if is_deleted {
                assert!(stream.delete(StreamId::new(ms, 0)));
            }
        }
        stream
    }

    proptest! {
        #[test]
        fn it_finds_what_a_search_for_each_id_finds(
            kept in proptest::collection::btree_map(1..80u64, any::<bool>(), 0..60),
            wanted in proptest::collection::btree_set(0..90u64, 0..60),
        ) {
            let stream = stream(&kept.into_iter().collect::<Vec<_>>());
            let mut finder = stream.finder();
            for ms in wanted {
                let id = StreamId::new(ms, 0);
                prop_assert_eq!(finder.find(id).map(|entry| entry.id), stream.get(id).map(|entry| entry.id));
            }
        }
    }
}
