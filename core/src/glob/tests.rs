//! The tables beside this file were recorded from redis-server 7.0.15.

use super::matches;
use proptest::prelude::*;

fn unhex(text: &str) -> Vec<u8> {
    let digits = if text == "-" { "" } else { text };
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).expect("the table is hexadecimal"))
        .collect()
}

fn check_table(table: &str, texts: &[Vec<u8>], nocase: bool) -> (usize, usize) {
    let (mut positive, mut negative) = (0, 0);
    for line in table.lines().skip(2) {
        let (pattern, row) = line.split_once(' ').expect("two columns");
        let pattern = unhex(pattern);
        assert_eq!(row.len(), texts.len());
        for (text, digit) in texts.iter().zip(row.bytes()) {
            let expected = digit == b'1';
            assert_eq!(
                matches(&pattern, text, nocase),
                expected,
                "{} against {}",
                pattern.escape_ascii(),
                text.escape_ascii()
            );
            *(if expected { &mut positive } else { &mut negative }) += 1;
        }
    }
    (positive, negative)
}

#[test]
fn every_key_pattern_recorded_from_the_real_server_agrees() {
    let table = include_str!("recorded_keys.txt");
    let keys: Vec<_> = table.lines().nth(1).expect("the keys").split(' ').map(unhex).collect();
    let (positive, negative) = check_table(table, &keys, false);
    assert!(positive > 1000 && negative > 10_000, "{positive} {negative}");
}

#[test]
fn every_configuration_pattern_recorded_from_the_real_server_agrees() {
    let table = include_str!("recorded_nocase.txt");
    let names: Vec<_> =
        table.lines().nth(1).expect("the names").split(' ').map(|name| name.as_bytes().to_vec()).collect();
    let (positive, negative) = check_table(table, &names, true);
    assert!(positive > 300 && negative > 3000, "{positive} {negative}");
}

#[test]
fn the_listed_peculiarities_hold() {
    assert!(matches(b"[ab", b"a", false));
    assert!(!matches(b"[", b"[", false));
    assert!(matches(b"[^", b"x", false));
    assert!(!matches(b"[\\A]", b"a", true));
    assert!(matches(b"[A]", b"a", true));
    assert!(!matches(b"[a-]b", b"ab", false));
    assert!(matches(b"[z-a]", b"m", false));
    assert!(matches(b"[a-\xff]", b"A", false));
    assert!(!matches(b"[a-\xff]", b"b", false));
    assert!(!matches(b"**", b"", false));
    assert!(matches(b"", b"", false));
    assert!(matches(b"a\\", b"a\\", false));
}

#[test]
fn many_stars_take_no_exponential_time() {
    let text = vec![b'a'; 20_000];
    let mut pattern = b"a*".repeat(200);
    pattern.push(b'b');
    assert!(!matches(&pattern, &text, false));
}

/// The definition, by plain recursion: only for short inputs.
fn naive(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|i| naive(rest, &text[i..])),
        ([b'?', rest @ ..], [_, tail @ ..]) => naive(rest, tail),
        ([b'\\', c, rest @ ..], [t, tail @ ..]) => c == t && naive(rest, tail),
        ([c, rest @ ..], [t, tail @ ..]) => c == t && naive(rest, tail),
        _ => false,
    }
}

proptest! {
    #[test]
    fn without_classes_it_is_the_textbook_language(
        pattern in "[ab*?\\\\]{0,10}", text in "[ab*?\\\\]{1,10}",
    ) {
        prop_assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), false),
                        naive(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn ignoring_case_never_loses_a_match_without_ranges(
        pattern in "[abAB*?]{0,8}", text in "[abAB]{1,8}",
    ) {
        let lower = |s: &str| s.to_ascii_lowercase().into_bytes();
        prop_assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), true),
                        matches(&lower(&pattern), &lower(&text), false));
    }

    #[test]
    fn no_input_makes_it_panic(pattern: Vec<u8>, text: Vec<u8>, nocase: bool) {
        matches(&pattern, &text, nocase);
    }
}
