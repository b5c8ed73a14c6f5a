//! The command line of the server, turned into configuration text as `redis-server` does.
//!
//! ```text
//! server [file] [-] [--name value… | '--name value']…
//! ```
//!
//! Each `--name` starts a line, and the arguments after it are appended to the line in quotes. Since 7.0 an argument
//! right behind a bare `--name` is its value even when it starts with `--`; only `--save` and `--sentinel` may come
//! without a value, and then `--save` stands for `--save ""`. `-`, first or last, adds standard input.
//!
//! Source: observed behaviour of 7.0.15.

use super::split::{append_quoted, split_args};

/// Where the configuration comes from. See [`super::Config::load`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// Path of the configuration file as given. Make it absolute before loading, as Redis does.
    pub config_file: Option<Vec<u8>>,
    /// Standard input holds configuration too.
    pub from_stdin: bool,
    /// Further lines, one for each option.
    pub options: Vec<u8>,
}

/// What the server is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// `-v`, `--version`: print the version, exit 0.
    Version,
    /// `-h`, `--help`: print the usage, exit 1 as Redis does.
    Help,
    /// `--test-memory`, with the number of megabytes when that is all that follows.
    TestMemory(Option<Vec<u8>>),
    /// `--check-system`.
    CheckSystem,
    /// Serve.
    Start(CommandLine),
}

/// Parses the arguments after the program's name. O(total length).
pub fn parse_command_line(arguments: &[Vec<u8>]) -> Invocation {
    match arguments.first().map(Vec::as_slice) {
        Some(b"-v" | b"--version") => return Invocation::Version,
        Some(b"-h" | b"--help") => return Invocation::Help,
        Some(b"--test-memory") => {
            return Invocation::TestMemory(if let [_, megabytes] = arguments { Some(megabytes.clone()) } else { None });
        }
        Some(b"--check-system") => return Invocation::CheckSystem,
        _ => {}
    }
    let mut line = CommandLine::default();
    let mut rest = arguments;
    if let [first, tail @ ..] = arguments
        && !first.starts_with(b"-")
    {
        line.config_file = Some(first.clone());
        rest = tail;
    }
    let mut first = rest.len() == arguments.len();
    // Whether the next argument may start an option: not when it must be the value of the one before.
    let mut may_be_option = true;
    while let [argument, tail @ ..] = rest {
        if argument == b"-" && (first || tail.is_empty()) {
            line.from_stdin = true;
        } else if may_be_option && argument.starts_with(b"--") {
            may_be_option = append_option(&mut line.options, argument, tail.first());
        } else {
            append_quoted(&mut line.options, argument);
            line.options.push(b' ');
            may_be_option = true;
        }
        (rest, first) = (tail, false);
    }
    Invocation::Start(line)
}

/// Starts a line for `option`. Returns whether the argument after it may start another.
fn append_option(options: &mut Vec<u8>, option: &[u8], next: Option<&Vec<u8>>) -> bool {
    if !options.is_empty() {
        options.push(b'\n');
    }
    options.extend_from_slice(&option[2..]);
    options.push(b' ');
    if split_args(option).map_or(0, |words| words.len()) != 1 {
        // `'--port 6380'`: the value came with the name.
        return true;
    }
    let next_is_option = next.is_some_and(|next| next.starts_with(b"--"));
    if option.eq_ignore_ascii_case(b"--save") && (next_is_option || next.is_none()) {
        options.extend_from_slice(b"\"\"");
        return next_is_option;
    }
    option.eq_ignore_ascii_case(b"--sentinel") && next_is_option
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> String {
        let arguments: Vec<Vec<u8>> = arguments.iter().map(|argument| argument.as_bytes().to_vec()).collect();
        match parse_command_line(&arguments) {
            Invocation::Start(line) => String::from_utf8(line.options).expect("text"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_option_is_a_line_and_its_values_are_quoted() {
        assert_eq!(options(&["--port", "1", "--bind", "a", "b"]), "port \"1\" \nbind \"a\" \"b\" ");
        assert_eq!(options(&["--port 1", "--bind a"]), "port 1 \nbind a ");
    }

    #[test]
    fn a_value_may_look_like_an_option() {
        assert_eq!(options(&["--masterauth", "--secret", "--port", "1"]), "masterauth \"--secret\" \nport \"1\" ");
    }

    #[test]
    fn save_may_come_without_a_value() {
        assert_eq!(options(&["--save", "--port", "1"]), "save \"\"\nport \"1\" ");
        assert_eq!(options(&["--port", "1", "--save"]), "port \"1\" \nsave \"\"");
        assert_eq!(options(&["--save", ""]), "save \"\" ");
    }

    #[test]
    fn a_dash_first_or_last_is_standard_input() {
        let line = |arguments: &[&str]| {
            let arguments: Vec<Vec<u8>> = arguments.iter().map(|argument| argument.as_bytes().to_vec()).collect();
            match parse_command_line(&arguments) {
                Invocation::Start(line) => line,
                other => panic!("{other:?}"),
            }
        };
        assert!(line(&["-", "--port", "1"]).from_stdin);
        assert!(line(&["a.conf", "--port", "1", "-"]).from_stdin);
        assert!(!line(&["a.conf", "--port", "-", "1"]).from_stdin);
        assert_eq!(line(&["a.conf"]).config_file, Some(b"a.conf".to_vec()));
    }
}
