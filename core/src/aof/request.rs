//! A command in the form of the protocol: what the log, a replica and a plain base consist of.

use crate::args::Args;

/// Digits of the largest number.
const DIGITS_MAX: usize = 20;

/// Appends a command. O(bytes); allocates nothing but what `out` needs.
pub fn append_request(out: &mut Vec<u8>, args: Args<'_>) {
    append_count(out, args.len());
    for arg in args.iter() {
        append_argument(out, arg);
    }
}

/// Appends how many arguments follow.
pub fn append_count(out: &mut Vec<u8>, count: usize) {
    append_head(out, b'*', count);
}

/// Appends one argument.
pub fn append_argument(out: &mut Vec<u8>, argument: &[u8]) {
    append_head(out, b'$', argument.len());
    out.extend_from_slice(argument);
    out.extend_from_slice(b"\r\n");
}

fn append_head(out: &mut Vec<u8>, mark: u8, number: usize) {
    out.push(mark);
    append_decimal(out, number);
    out.extend_from_slice(b"\r\n");
}

fn append_decimal(out: &mut Vec<u8>, mut number: usize) {
    let mut digits = [0; DIGITS_MAX];
    let mut at = DIGITS_MAX;
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::OwnedArgs;

    #[test]
    fn a_request_is_what_a_client_would_send() {
        let mut out = Vec::new();
        append_request(&mut out, OwnedArgs::from_iter([b"SET".as_slice(), b"", &[b'x'; 10]]).as_args());
        assert_eq!(out, b"*3\r\n$3\r\nSET\r\n$0\r\n\r\n$10\r\nxxxxxxxxxx\r\n");
        out.clear();
        append_decimal(&mut out, usize::MAX);
        assert_eq!(out, usize::MAX.to_string().as_bytes());
    }
}
