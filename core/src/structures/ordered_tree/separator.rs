//! The keys of the ordered tree's inner nodes: a score and as much of a member as tells two leaves apart.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::structures::counted_tree::Key;
use crate::structures::directory::ARC_HEAD_BYTES;

/// Prefixes up to here lie in the node itself.
const INLINE_MAX: usize = 22;

/// Greater than all elements of the leaves before, not greater than any of those after.
#[derive(Clone, Debug)]
pub(super) struct Separator {
    pub score: f64,
    prefix: Prefix,
}

const _: () = assert!(size_of::<Separator>() == 32);

#[derive(Clone, Debug)]
enum Prefix {
    Inline(u8, [u8; INLINE_MAX]),
    Shared(Arc<[u8]>),
}

impl Separator {
    /// The shortest separator of `left` and `right`, two neighbours in the order of the tree.
    pub fn between(left: (f64, &[u8]), right: (f64, &[u8])) -> Self {
        let (score, member) = right;
        let common = left.1.iter().zip(member).take_while(|(a, b)| a == b).count();
        let prefix = if left.0 == score { &member[..common + 1] } else { &[] };
        let prefix = if prefix.len() <= INLINE_MAX {
            let mut bytes = [0; INLINE_MAX];
            bytes[..prefix.len()].copy_from_slice(prefix);
            Prefix::Inline(prefix.len() as u8, bytes)
        } else {
            Prefix::Shared(prefix.into())
        };
        Self { score, prefix }
    }

    /// Stands before the first leaf, where keys are not compared.
    pub const fn lowest() -> Self {
        Self { score: f64::NEG_INFINITY, prefix: Prefix::Inline(0, [0; INLINE_MAX]) }
    }

    #[inline]
    pub fn member(&self) -> &[u8] {
        match &self.prefix {
            Prefix::Inline(len, bytes) => &bytes[..usize::from(*len)],
            Prefix::Shared(bytes) => bytes,
        }
    }

    /// Scores first, members where they are equal (as -0 and 0 are).
    #[inline]
    pub fn compare(&self, score: f64, member: &[u8]) -> Ordering {
        super::compare_scores(self.score, score).then_with(|| self.member().cmp(member))
    }
}

impl Key for Separator {
    fn heap_bytes(&self) -> usize {
        match &self.prefix {
            Prefix::Inline(..) => 0,
            // Shared between clones of the separator, counted with each.
            Prefix::Shared(bytes) => ARC_HEAD_BYTES + bytes.len(),
        }
    }
}
