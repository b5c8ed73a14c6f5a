//! The reply writer: every kind of reply in both protocols, byte by byte.

use crate::resp::{Protocol, Reply};

fn both(write: impl Fn(&mut Reply)) -> (String, String) {
    let of = |protocol| {
        let mut reply = Reply::new(protocol);
        write(&mut reply);
        reply.bytes().escape_ascii().to_string()
    };
    (of(Protocol::Resp2), of(Protocol::Resp3))
}

#[test]
fn each_kind_of_reply_has_its_form_in_each_protocol() {
    type Case = (fn(&mut Reply), &'static str, &'static str);
    let cases: &[Case] = &[
        (|r| r.ok(), r"+OK\r\n", r"+OK\r\n"),
        (|r| r.status("PONG"), r"+PONG\r\n", r"+PONG\r\n"),
        (|r| r.error(b"ERR a\r\nb"), r"-ERR a  b\r\n", r"-ERR a  b\r\n"),
        (|r| r.integer(i64::MIN), r":-9223372036854775808\r\n", r":-9223372036854775808\r\n"),
        (|r| r.flag(true), r":1\r\n", r":1\r\n"),
        (|r| r.count(10), r":10\r\n", r":10\r\n"),
        (|r| r.bulk(b""), r"$0\r\n\r\n", r"$0\r\n\r\n"),
        (|r| r.bulk(b"a\r\n\0"), r"$4\r\na\r\n\x00\r\n", r"$4\r\na\r\n\x00\r\n"),
        (|r| r.bulk_integer(-10), r"$3\r\n-10\r\n", r"$3\r\n-10\r\n"),
        (|r| r.bulk_pieces(3, [b"ab".as_slice(), b"c"].into_iter()), r"$3\r\nabc\r\n", r"$3\r\nabc\r\n"),
        (|r| r.null(), r"$-1\r\n", r"_\r\n"),
        (|r| r.null_array(), r"*-1\r\n", r"_\r\n"),
        (|r| r.array(0), r"*0\r\n", r"*0\r\n"),
        (|r| r.map(3), r"*6\r\n", r"%3\r\n"),
        (|r| r.set(3), r"*3\r\n", r"~3\r\n"),
        (|r| r.push(2), r"*2\r\n", r">2\r\n"),
        (|r| r.boolean(true), r":1\r\n", r"#t\r\n"),
        (|r| r.boolean(false), r":0\r\n", r"#f\r\n"),
        (|r| r.double(3.25), r"$4\r\n3.25\r\n", r",3.25\r\n"),
        (|r| r.double(0.1), r"$19\r\n0.10000000000000001\r\n", r",0.10000000000000001\r\n"),
        (|r| r.double(f64::INFINITY), r"$3\r\ninf\r\n", r",inf\r\n"),
        (|r| r.double(f64::NEG_INFINITY), r"$4\r\n-inf\r\n", r",-inf\r\n"),
        (
            |r| r.big_number(b"1234567999999999999999"),
            r"$22\r\n1234567999999999999999\r\n",
            r"(1234567999999999999999\r\n",
        ),
        (|r| r.verbatim("txt", b"ab\r\n"), r"$4\r\nab\r\n\r\n", r"=8\r\ntxt:ab\r\n\r\n"),
    ];
    for (write, resp2, resp3) in cases {
        assert_eq!(both(write), (resp2.to_string(), resp3.to_string()));
    }
}

#[test]
fn attributes_exist_in_resp3() {
    let mut reply = Reply::new(Protocol::Resp3);
    reply.attribute(1);
    assert_eq!(reply.bytes(), b"|1\r\n");
}

#[test]
#[should_panic(expected = "attributes exist in RESP3 only")]
fn attributes_do_not_exist_in_resp2() {
    Reply::new(Protocol::Resp2).attribute(1);
}

#[test]
fn every_length_has_its_header() {
    for length in (0..1100).chain([9_999, 10_000, 99_999, 100_000]) {
        let text = vec![b'x'; length];
        let mut reply = Reply::new(Protocol::Resp2);
        reply.bulk(&text);
        assert_eq!(reply.bytes(), [format!("${length}\r\n").as_bytes(), &text, b"\r\n"].concat());
    }
}

#[test]
fn a_length_can_be_written_when_it_is_known() {
    let write = |r: &mut Reply| {
        let outer = r.deferred();
        let inner = r.deferred();
        r.integer(1);
        r.integer(2);
        r.set_at(inner, 2);
        let pairs = r.deferred();
        r.integer(3);
        r.integer(4);
        r.map_at(pairs, 1);
        r.array_at(outer, 2);
    };
    let expected = (r"*2\r\n*2\r\n:1\r\n:2\r\n*2\r\n:3\r\n:4\r\n", r"*2\r\n~2\r\n:1\r\n:2\r\n%1\r\n:3\r\n:4\r\n");
    assert_eq!(both(write), (expected.0.to_string(), expected.1.to_string()));
}

#[test]
fn a_help_text_says_what_help_is() {
    let (resp2, resp3) = both(|r| r.help("CLIENT", &["GETNAME", "    Return it."]));
    let first = r"+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n";
    assert_eq!(resp2, format!(r"*5\r\n{first}+GETNAME\r\n+    Return it.\r\n+HELP\r\n+    Prints this help.\r\n"));
    assert_eq!(resp2, resp3);
}
