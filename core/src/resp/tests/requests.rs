//! The request parser: what 7.0.15 made of the same bytes, a naive model, any splitting.

use proptest::prelude::*;

use crate::resp::{Limits, ProtocolError, QueryBuffer, Request, RequestParser};

const OPEN: Limits = Limits { bulk_bytes_max: 512 << 20, authenticated: true };

/// The arguments of one request.
type Arguments = Vec<Vec<u8>>;
/// All requests, and the error that ended them.
type Parsed = (Vec<Arguments>, Option<ProtocolError>);

/// Feeds `data` in pieces that end at the given places.
fn parse(data: &[u8], ends: &[usize], limits: Limits) -> Parsed {
    let mut buffer = QueryBuffer::new();
    let mut parser = RequestParser::new();
    let mut requests = Vec::new();
    let mut start = 0;
    for end in ends.iter().copied().chain([data.len()]) {
        buffer.extend(&data[start..end]);
        start = end;
        while !buffer.is_empty() {
            match parser.parse(buffer.data(), limits) {
                Ok(Request::Incomplete) => break,
                Ok(Request::Skip { bytes }) => buffer.consume(bytes),
                Ok(Request::Complete { bytes }) => {
                    assert_eq!(parser.parse(buffer.data(), limits), Ok(Request::Complete { bytes }), "asked again");
                    let source = parser.inline_buffer().unwrap_or(buffer.data());
                    requests.push(parser.spans().iter().map(|s| source[s.start..s.end].to_vec()).collect());
                    buffer.consume(bytes);
                }
                Err(error) => return (requests, Some(error)),
            }
            parser.reset();
        }
    }
    (requests, None)
}

/// The same, in the plainest way: all bytes at once, nothing remembered.
fn naive(mut data: &[u8], limits: Limits) -> Parsed {
    let mut requests = Vec::new();
    while !data.is_empty() {
        match naive_request(data, limits) {
            Ok(None) => break,
            Ok(Some((arguments, rest))) => {
                if !arguments.is_empty() {
                    requests.push(arguments);
                }
                data = rest;
            }
            Err(error) => return (requests, Some(error)),
        }
    }
    (requests, None)
}

/// A line up to `end`, which a NUL hides; and what follows the end and `skip` more bytes.
fn naive_line(data: &[u8], end: u8, skip: usize) -> Option<(&[u8], &[u8])> {
    let at = data.iter().position(|&b| b == end || b == 0).filter(|&at| data[at] == end)?;
    Some((&data[..at], data.get(at + 1 + skip..)?))
}

fn naive_number(digits: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(digits).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[allow(clippy::type_complexity)]
fn naive_request(data: &[u8], limits: Limits) -> Result<Option<(Arguments, &[u8])>, ProtocolError> {
    if data[0] != b'*' {
        let Some((line, rest)) = naive_line(data, b'\n', 0) else { return Ok(None) };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let arguments = crate::quoting::split_args(line).map_err(|_| ProtocolError::UnbalancedQuotes)?;
        return Ok(Some((arguments.into_iter().map(|a| a.to_vec()).collect(), rest)));
    }
    let Some((line, mut rest)) = naive_line(data, b'\r', 1) else { return Ok(None) };
    let count = naive_number(&line[1..]).filter(|&n| n <= 2_147_483_647).ok_or(ProtocolError::InvalidCount)?;
    if count > 10 && !limits.authenticated {
        return Err(ProtocolError::UnauthenticatedCount);
    }
    let mut arguments = Vec::new();
    for _ in 0..count {
        let Some((line, after)) = naive_line(rest, b'\r', 1) else { return Ok(None) };
        if rest[0] != b'$' {
            return Err(ProtocolError::ExpectedDollar(rest[0]));
        }
        let length = naive_number(&line[1..]).filter(|n| (0..=limits.bulk_bytes_max).contains(n));
        let length = length.ok_or(ProtocolError::InvalidLength)? as usize;
        if length > 16384 && !limits.authenticated {
            return Err(ProtocolError::UnauthenticatedLength);
        }
        if after.len() < length + 2 {
            return Ok(None);
        }
        arguments.push(after[..length].to_vec());
        rest = &after[length + 2..];
    }
    Ok(Some((arguments, rest)))
}

fn encode(arguments: &[Vec<u8>]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        out.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        out.extend_from_slice(argument);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Recorded: what the server made of these bytes. `…` waits for more, `!` is an error; arguments stand in brackets.
#[test]
fn bytes_are_understood_as_by_the_original() {
    let cases: &[(&str, &str)] = &[
        ("*-1\r\n*0\r\n\r\n\n \r\n*1\r\n$4\r\nPING\r\n", "[PING]"),
        ("*-5\r\nPING\r\n", "[PING]"),
        ("*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPONG\r\n", "[PING][PONG]"),
        ("*1\rX$4\rYPING\r\n", "[PING]"),
        ("*1\n$4\nPING\n", "…"),
        ("*1\r\n\0\r\n", "…"),
        ("*1\0\r\n", "…"),
        ("*1\r\n$4\0\r\nPING\r\n", "…"),
        ("*1\r\n$4\r\nPING", "…"),
        ("*2147483647\r\n", "…"),
        ("*2147483648\r\n", "!invalid multibulk length"),
        ("*9223372036854775808\r\n", "!invalid multibulk length"),
        ("*\r\n", "!invalid multibulk length"),
        ("*a\r\n", "!invalid multibulk length"),
        ("*1a\r\n", "!invalid multibulk length"),
        ("*+1\r\n", "!invalid multibulk length"),
        ("* 1\r\n", "!invalid multibulk length"),
        ("*1 \r\n", "!invalid multibulk length"),
        ("*01\r\n", "!invalid multibulk length"),
        ("*-0\r\n", "!invalid multibulk length"),
        ("*3\r\nPING\r\n", "!expected '$', got 'P'"),
        ("*1\r\n\r\n", "!expected '$', got '\r'"),
        ("*2\r\n$4\r\nPING\r\n+1\r\n", "!expected '$', got '+'"),
        ("*1\r\n$-1\r\n", "!invalid bulk length"),
        ("*1\r\n$\r\n", "!invalid bulk length"),
        ("*1\r\n$a\r\n", "!invalid bulk length"),
        ("*1\r\n$04\r\nPING\r\n", "!invalid bulk length"),
        ("*1\r\n$4 \r\nPING\r\n", "!invalid bulk length"),
        ("*1\r\n$536870912\r\n", "…"),
        ("*1\r\n$536870913\r\n", "!invalid bulk length"),
        ("*1\r\n$9223372036854775807\r\n", "!invalid bulk length"),
        ("*1\r\n$18446744073709551617\r\n", "!invalid bulk length"),
        ("PING\n", "[PING]"),
        ("PING\r", "…"),
        ("\rPING\r\n", "[PING]"),
        ("  PING  \r\n", "[PING]"),
        ("\tPING\ta\r\n", "[PING a]"),
        ("PING \x0ba\r\n", "[PING a]"),
        ("PING a\rb\r\n", "[PING a b]"),
        ("pi\0ng\r\nPING\r\n", "…"),
        ("PING \"a b\"\r\n", "[PING a b]"),
        ("PING 'a\\'b'\r\n", "[PING a'b]"),
        ("PING \"\\x41\\n\"\r\n", "[PING A\n]"),
        ("PING \"\\x4\"\r\n", "[PING x4]"),
        ("PING \\x41\r\n", "[PING \\x41]"),
        ("PING \"\"\r\n", "[PING ]"),
        ("\"\" \r\n", "[]"),
        ("PING \"a\"b\r\n", "!unbalanced quotes in request"),
        ("PING \"a\r\n", "!unbalanced quotes in request"),
        ("PING 'a\r\n", "!unbalanced quotes in request"),
    ];
    for (data, expected) in cases {
        let (requests, error) = parse(data.as_bytes(), &[], OPEN);
        let mut got: Vec<u8> = requests.iter().flat_map(|r| [b"[".as_slice(), &r.join(&b' '), b"]"].concat()).collect();
        match error {
            Some(error) => {
                got.push(b'!');
                error.append_text(&mut got);
            }
            None if requests.is_empty() => got.extend("…".bytes()),
            None => {}
        }
        assert_eq!(String::from_utf8_lossy(&got), *expected, "{}", data.escape_debug());
    }
}

#[test]
fn lines_have_a_limit() {
    use ProtocolError as E;
    let of = |prefix: &str, length: usize, end: &str| {
        let data = [prefix.as_bytes(), &vec![b'1'; length - prefix.len()], end.as_bytes()].concat();
        let (requests, error) = parse(&data, &[], OPEN);
        (requests.len(), error)
    };
    assert_eq!(of("a", 65536, ""), (0, None));
    assert_eq!(of("a", 65537, ""), (0, Some(E::InlineTooBig)));
    assert_eq!(of("a", 70000, "\r\n"), (1, None), "a whole line may be a little longer");
    assert_eq!(of("a", 81920, "\r\n"), (0, Some(E::InlineTooBig)));
    assert_eq!(of("\0", 65537, ""), (0, Some(E::InlineTooBig)));
    assert_eq!(of("*", 65536, ""), (0, None));
    assert_eq!(of("*", 65537, ""), (0, Some(E::CountTooBig)));
    assert_eq!(of("*", 70000, "\r\n"), (0, Some(E::InvalidCount)));
    assert_eq!(of("*1\r\n$", 4 + 65536, ""), (0, None));
    assert_eq!(of("*1\r\n$", 4 + 65537, ""), (0, Some(E::LengthTooBig)));
}

#[test]
fn what_is_announced_is_not_allocated() {
    let mut parser = RequestParser::new();
    assert_eq!(parser.parse(b"*2147483647\r\n$536870912\r\n", OPEN), Ok(Request::Incomplete));
    assert!(parser.in_request());
    assert_eq!(parser.spans().len(), 0);
    assert_eq!(parser.awaited_bytes(25), 536_870_914, "a hint for reading");
    assert_eq!(parser.parsed_bytes(), 25);
}

#[test]
fn many_arguments_give_their_memory_back() {
    let arguments = vec![b"x".to_vec(); 5000];
    let data = encode(&arguments);
    let mut parser = RequestParser::new();
    assert_eq!(parser.parse(&data, OPEN), Ok(Request::Complete { bytes: data.len() }));
    assert_eq!((parser.argument_bytes(), parser.longest_argument_bytes()), (5000, 1));
    parser.reset();
    assert_eq!((parser.argument_bytes(), parser.parsed_bytes(), parser.in_request()), (0, 0, false));
}

/// Bytes that are nearly requests.
fn traffic() -> impl Strategy<Value = Vec<u8>> {
    let argument = prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(0)], 0..20);
    let piece = prop_oneof![
        6 => prop::collection::vec(argument, 1..5).prop_map(|arguments| encode(&arguments)),
        2 => "[a-z'\"\\\\ ]{0,12}\r?\n".prop_map(String::into_bytes),
        1 => "[*$][-+ 0-9]{0,3}\r\n".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_splitting_gives_what_the_naive_model_gives(
        data in traffic(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        authenticated in any::<bool>(),
    ) {
        let limits = Limits { bulk_bytes_max: 1 << 20, authenticated };
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(data.len() + 1)).collect();
        ends.sort_unstable();
        let expected = naive(&data, limits);
        prop_assert_eq!(parse(&data, &ends, limits), expected.clone());
        let everywhere: Vec<usize> = (0..data.len()).collect();
        prop_assert_eq!(parse(&data, &everywhere, limits), expected);
    }
}

#[test]
fn arguments_survive_the_wire() {
    fn survives(arguments: Vec<Vec<u8>>) -> bool {
        arguments.is_empty() || parse(&encode(&arguments), &[], OPEN) == (vec![arguments], None)
    }
    quickcheck::quickcheck(survives as fn(Vec<Vec<u8>>) -> bool);
}
