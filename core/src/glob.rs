//! Glob-style patterns as KEYS, SCAN MATCH, CONFIG GET, PSUBSCRIBE and ACL key patterns understand them.
//!
//! ```text
//! ?       one byte                       [abc]   one byte of the set
//! *       any run of bytes               [a-z]   one byte of the range, ends included, in either order
//! \x      the byte x itself              [^a-z]  one byte outside
//! ```
//!
//! Observed on Redis 7.0.15 and reproduced, because clients can see it:
//!
//! 1. A class that is never closed ends with the pattern: `[ab` is `[ab]`, `[` matches nothing, `[^` any byte.
//! 2. In a class, `\x` is always case-sensitive, even in a comparison that otherwise ignores case.
//! 3. `[a-]` is a range from `a` to `]`, so that class stays open.
//! 4. Ranges compare *signed* bytes: `[a-\xff]` holds 0xff (−1) up to `a`, and not `b`.
//! 5. A range that ignores case orders its ends first and folds them afterwards.
//! 6. An empty text is matched by the empty pattern only: even `*` fails. (KEYS and SCAN never ask about a
//!    lone `*`, they shortcut it; `**` shows the effect.)
//!
//! Redis recurses at every star and, once the rest of a pattern has failed at every later position, gives up on the
//! stars before it. That is the same language as going back to the last star only, which needs neither the stack
//! nor the exponential time of the naive recursion.

/// Whether `text` as a whole matches `pattern`; with `nocase`, ASCII letters match in either case.
///
/// O(pattern × text) time in the worst case, constant space, whatever the input.
pub fn matches(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
    let mut p = 0;
    let mut t = 0;
    // Where to resume after a mismatch: the pattern behind the last star, and the text it was last tried at.
    let mut last_star: Option<(usize, usize)> = None;

    if text.is_empty() {
        return pattern.is_empty();
    }
    loop {
        if p < pattern.len() && pattern[p] == b'*' && t < text.len() {
            while p < pattern.len() && pattern[p] == b'*' {
                p += 1;
            }
            if p == pattern.len() {
                return true;
            }
            last_star = Some((p, t));
        }
        if p < pattern.len() && t < text.len() {
            if let Some(next) = match_one(pattern, p, text[t], nocase) {
                p = next;
                t += 1;
                continue;
            }
        } else if t == text.len() {
            // Any further position leaves less text for the same rest of the pattern: this is final.
            return pattern[p..].iter().all(|&byte| byte == b'*');
        }
        let Some((star_p, star_t)) = last_star else {
            return false;
        };
        if star_t + 1 == text.len() {
            return false;
        }
        last_star = Some((star_p, star_t + 1));
        p = star_p;
        t = star_t + 1;
    }
}

/// Matches the one-byte element of the pattern at `p` (anything but a star) against `byte`: the index behind the
/// element, or nothing on a mismatch.
fn match_one(pattern: &[u8], p: usize, byte: u8, nocase: bool) -> Option<usize> {
    match pattern[p] {
        b'?' => Some(p + 1),
        b'[' => match_class(pattern, p + 1, byte, nocase),
        b'\\' if p + 1 < pattern.len() => same(pattern[p + 1], byte, nocase).then_some(p + 2),
        literal => same(literal, byte, nocase).then_some(p + 1),
    }
}

/// Matches `byte` against the class whose first byte behind the bracket is at `p`.
fn match_class(pattern: &[u8], mut p: usize, byte: u8, nocase: bool) -> Option<usize> {
    let negated = pattern.get(p) == Some(&b'^');
    if negated {
        p += 1;
    }
    let mut found = false;
    while let Some(&first) = pattern.get(p) {
        let left = pattern.len() - p;
        if first == b'\\' && left >= 2 {
            found |= pattern[p + 1] == byte;
            p += 2;
        } else if first == b']' {
            p += 1;
            break;
        } else if left >= 3 && pattern[p + 1] == b'-' {
            found |= in_range(first, pattern[p + 2], byte, nocase);
            p += 3;
        } else {
            found |= same(first, byte, nocase);
            p += 1;
        }
    }
    (found != negated).then_some(p)
}

fn same(a: u8, b: u8, nocase: bool) -> bool {
    a == b || (nocase && a.eq_ignore_ascii_case(&b))
}

fn in_range(a: u8, b: u8, byte: u8, nocase: bool) -> bool {
    let (a, b, byte) = (signed(a), signed(b), signed(byte));
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    if nocase { (fold(low)..=fold(high)).contains(&fold(byte)) } else { (low..=high).contains(&byte) }
}

fn signed(byte: u8) -> i32 {
    i32::from(byte as i8)
}

/// C's `tolower` of a signed char as glibc answers it in the C locale: negative values come back as the
/// unsigned byte, except −1, which is EOF and stays.
fn fold(value: i32) -> i32 {
    match value {
        65..=90 => value + 32,
        -128..=-2 => value + 256,
        _ => value,
    }
}

#[cfg(test)]
mod tests;
