//! What the fuzzers check of the request parser: however the bytes are split, the requests are the same.

use super::{Limits, QueryBuffer, Request, RequestParser};

/// Everything that was understood: the arguments of each request, and the error at the end, if there was one.
type Parsed = (Vec<Vec<Vec<u8>>>, Option<String>);

/// Parses `data` whole, a byte at a time, and in pieces whose sizes `data` itself gives; panics on any difference.
/// Longer data is cut: for lines above the limit the splitting does matter.
pub fn fuzz_request_parser(data: &[u8]) {
    let data = &data[..data.len().min(super::request::LINE_BYTES_MAX)];
    for authenticated in [true, false] {
        let limits = Limits { bulk_bytes_max: 1 << 20, authenticated };
        let whole = parse(data, limits, |_| data.len());
        assert_eq!(whole, parse(data, limits, |_| 1), "a byte at a time");
        let sizes = |round: usize| data.get(round % data.len().max(1)).map_or(1, |&b| b as usize % 23 + 1);
        assert_eq!(whole, parse(data, limits, sizes), "in pieces");
    }
}

fn parse(data: &[u8], limits: Limits, size: impl Fn(usize) -> usize) -> Parsed {
    let mut buffer = QueryBuffer::new();
    let mut parser = RequestParser::new();
    let mut requests = Vec::new();
    let mut rest = data;
    let mut round = 0;
    while !rest.is_empty() {
        let count = size(round).clamp(1, rest.len());
        round += 1;
        buffer.extend(&rest[..count]);
        rest = &rest[count..];
        loop {
            if buffer.is_empty() {
                break;
            }
            match parser.parse(buffer.data(), limits) {
                Ok(Request::Incomplete) => break,
                Ok(Request::Skip { bytes }) => {
                    buffer.consume(bytes);
                    parser.reset();
                }
                Ok(Request::Complete { bytes }) => {
                    let source = parser.inline_buffer().unwrap_or(buffer.data());
                    requests.push(parser.spans().iter().map(|s| source[s.start..s.end].to_vec()).collect());
                    buffer.consume(bytes);
                    parser.reset();
                }
                Err(error) => return (requests, Some(format!("{error:?}"))),
            }
        }
    }
    (requests, None)
}
