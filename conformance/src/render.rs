//! Replies as text for people: one line a value, the wire's own marks, nothing hidden.
//!
//! ```text
//! +OK            :5            $ "bulk"      $-1  *-1  _     (the three nulls differ)
//! *2             %1            ,1.5  #t  (123  = "txt:…"  ! "ERR …"
//!   $ "a"          $ "k" => :1
//!   :1
//! ```

use crate::quote;
use crate::resp::Value;

/// The lines of a value, without a final newline.
pub fn value(reply: &Value) -> String {
    let mut out = String::new();
    write(reply, 0, &mut out);
    out.truncate(out.trim_end_matches('\n').len());
    out
}

fn write(reply: &Value, depth: usize, out: &mut String) {
    out.push_str(&"  ".repeat(depth));
    inline(reply, depth, out);
}

/// The value from the current column on, and a newline.
fn inline(reply: &Value, depth: usize, out: &mut String) {
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    match reply {
        Value::Simple(text) => line(format!("+{}", quote::escaped(text))),
        Value::Error(text) => line(format!("-{}", quote::escaped(text))),
        Value::Integer(text) => line(format!(":{}", quote::escaped(text))),
        Value::Double(text) => line(format!(",{}", quote::escaped(text))),
        Value::BigNumber(text) => line(format!("({}", quote::escaped(text))),
        Value::Bulk(text) => bulk("$", text, depth, out),
        Value::Verbatim(text) => bulk("=", text, depth, out),
        Value::BulkError(text) => bulk("!", text, depth, out),
        Value::NullBulk => line("$-1".into()),
        Value::NullArray => line("*-1".into()),
        Value::Null => line("_".into()),
        Value::Boolean(b) => line(format!("#{}", if *b { 't' } else { 'f' })),
        Value::Array(items) => sequence('*', items, depth, out),
        Value::Set(items) => sequence('~', items, depth, out),
        Value::Push(items) => sequence('>', items, depth, out),
        Value::Map(entries) => pairs('%', entries, depth, out),
        Value::Attribute(entries, inner) => {
            pairs('|', entries, depth, out);
            write(inner, depth, out);
        }
    }
}

/// Long text of several lines is printed line by line: INFO and HELP read badly otherwise.
fn bulk(tag: &str, text: &[u8], depth: usize, out: &mut String) {
    let several_lines = text.len() > 80 && text.contains(&b'\n');
    if !several_lines {
        out.push_str(&format!("{tag} {}\n", quote::in_quotes(text)));
        return;
    }
    out.push_str(&format!("{tag} (\n"));
    for line in text.split_inclusive(|&b| b == b'\n') {
        out.push_str(&format!("{}{}\n", "  ".repeat(depth + 1), quote::in_quotes(line)));
    }
    out.push_str(&format!("{})\n", "  ".repeat(depth)));
}

fn sequence(tag: char, items: &[Value], depth: usize, out: &mut String) {
    out.push_str(&format!("{tag}{}\n", items.len()));
    for item in items {
        write(item, depth + 1, out);
    }
}

fn pairs(tag: char, entries: &[(Value, Value)], depth: usize, out: &mut String) {
    out.push_str(&format!("{tag}{}\n", entries.len()));
    for (key, value) in entries {
        write(key, depth + 1, out);
        out.truncate(out.trim_end_matches('\n').len());
        out.push_str(" => ");
        inline(value, depth + 1, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_nulls_and_nesting_are_visible() {
        let reply = Value::Array(vec![
            Value::NullBulk,
            Value::Map(vec![(Value::Bulk(b"k".to_vec()), Value::Array(vec![Value::Null, Value::NullArray]))]),
            Value::Error(b"ERR \n".to_vec()),
        ]);
        assert_eq!(value(&reply), "*3\n  $-1\n  %1\n    $ \"k\" => *2\n      _\n      *-1\n  -ERR \\n");
    }
}
