//! Numbers as Redis reads and prints them: each file is one kind of number and its text form.

mod big_decimal;
pub mod double;
mod float_text;
pub mod integer;
pub mod long_double;
pub mod memory_size;

/// Rows recorded from redis-server 7.0.15: a text, the score ZADD makes of it, the value INCRBYFLOAT makes of it.
#[cfg(test)]
fn recorded_texts() -> Vec<(Vec<u8>, &'static str, &'static str)> {
    let unhex = |text: &str| -> Vec<u8> {
        let digits = if text == "\"\"" { "" } else { text };
        (0..digits.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).expect("the table is hexadecimal"))
            .collect()
    };
    include_str!("recorded/texts.txt")
        .lines()
        .skip(1)
        .map(|line| {
            let [text, double, long] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("three columns: {line}");
            };
            (unhex(text), double, long)
        })
        .collect()
}
