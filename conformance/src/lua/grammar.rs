//! Scripts from a seed: statements and expressions over the functions that scripts have.
//!
//! A third of the scripts is one call, shown with everything it returns, so that each function is met with arguments of every
//! kind; the others mix statements. What can't be equal on two servers is not generated: times, random members of sets, orders
//! of hash tables and of `pairs` over tables as keys. Addresses appear, and are compared as addresses.

use super::expression::Piece;
use super::functions::{FUNCTIONS, Function, Kind};
use super::words;
use crate::random::Random;

/// A script, its statements apart, and the words behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub statements: Vec<Piece>,
    pub keys: Vec<String>,
    pub arguments: Vec<String>,
    /// Functions that it calls, by their place in the table; the first one is all that a probe calls.
    pub functions: Vec<usize>,
    pub is_probe: bool,
}

/// Shows values of every type, and the order of tables.
const SHOW: &str = "local function S(v,d) local t=type(v) if t=='string' then return '\"'..v..'\"' elseif t=='userdata' then \
return 'null' elseif t~='table' then return t=='function' and 'F' or t=='thread' and 'T' or tostring(v) end d=d or 0 if d>5 then \
return '..' end local r={} for k,w in pairs(v) do r[#r+1]=S(k,d+1)..':'..S(w,d+1) end return '{'..table.concat(r,',')..'}' end \
local function A(...) local r={} for i=1,select('#',...) do r[i]=S((select(i,...))) end return table.concat(r,'|') end ";

/// An error that nobody catches, and that is a table without a text in `err`, ends the process of 7.0.15.
const SAFE_ERROR: &str = "local E=error local function error(v,l) if type(v)=='table' and type(v.err)~='string' then v='T' end \
return E(v,type(l)=='number' and l>0 and l+1 or l or 2) end ";

/// An address that is hashed or packed can't be told from a difference.
const NO_ADDRESS: &str = "local T=tostring local function tostring(...) local r=T(...) return type(r)=='string' and r:gsub('0x%x+$','0x') \
or r end ";

/// Uses of `error` that are none.
const HARMLESS: &[&str] = &["error('", "error()", "error(12)", "error(nil)", "error({err = 'ERR", "error_reply"];

fn is_harmless(text: &str) -> bool {
    let harmless: usize = HARMLESS.iter().map(|form| text.matches(form).count()).sum();
    text.matches("error").count() == harmless
}

impl Script {
    /// A script that is not generated.
    pub fn of(text: &str) -> Script {
        let (keys, arguments, functions) = (Vec::new(), Vec::new(), Vec::new());
        Script { statements: vec![Piece::text(text)], keys, arguments, functions, is_probe: false }
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for statement in &self.statements {
            statement.print(&mut text);
            text.push(' ');
        }
        let show = if ["A(", "S("].iter().any(|call| text.contains(call)) { SHOW } else { "" };
        let error = if is_harmless(&text) { "" } else { SAFE_ERROR };
        let address = if text.contains("tostring") { NO_ADDRESS } else { "" };
        format!("{address}{show}{error}{text}")
    }

    pub fn words(&self) -> Vec<Vec<u8>> {
        let mut words = vec![b"EVAL".to_vec(), self.text().into_bytes(), self.keys.len().to_string().into_bytes()];
        words.extend(self.keys.iter().chain(&self.arguments).map(|word| word.clone().into_bytes()));
        words
    }
}

/// Generates one script.
pub fn script(random: &mut Random) -> Script {
    let mut maker = Maker { random, locals: 0, functions: Vec::new(), room: 14 };
    let is_probe = maker.random.chance(35);
    let statements = if is_probe { maker.probe() } else { maker.program() };
    let functions = maker.functions;
    let keys = (0..random.below(3)).map(|_| random.pick(words::KEYS).to_owned()).collect();
    let arguments = (0..random.below(3)).map(|_| random.pick(words::ARGUMENTS).to_owned()).collect();
    Script { statements, keys, arguments, functions, is_probe }
}

struct Maker<'r> {
    random: &'r mut Random,
    /// Local variables `a`, `b`, … that there are.
    locals: usize,
    functions: Vec<usize>,
    /// Calls and tables that may still be made.
    room: usize,
}

impl Maker<'_> {
    fn probe(&mut self) -> Vec<Piece> {
        let index = self.function();
        let function = &FUNCTIONS[index];
        let arguments = Piece::list("", self.arguments(function), ", ", "");
        let (name, arguments) = (Piece::text(function.name), [arguments]);
        let call = |frame: &str, name: Piece, [arguments]: [Piece; 1]| Piece::fill(frame, [name, arguments]);
        let statement = match self.random.below(10) {
            0..=2 => call("return A(pcall(function() return @(@) end))", name, arguments),
            3..=4 => call("return A(pcall(function() local r = @(@) return r end))", name, arguments),
            5..=6 if function.arguments.is_empty() && function.more.is_none() => {
                call("return A(@(@))", name, arguments)
            }
            5..=6 => call("return A(pcall(@, @))", name, arguments),
            7 => call("return {@(@)}", name, arguments),
            8 => call("return @(@)", name, arguments),
            _ => call("local r = @(@) return A(r)", name, arguments),
        };
        vec![statement]
    }

    fn program(&mut self) -> Vec<Piece> {
        let mut statements = Vec::new();
        for _ in 0..self.random.below(5) {
            statements.push(self.statement());
        }
        let values = self.values(1, 3);
        statements.push(match self.random.below(10) {
            0..=2 => Piece::list("return ", values, ", ", ""),
            3..=4 => Piece::list("return {", values, ", ", "}"),
            5 => Piece::list("return {pcall(function() return ", values, ", ", " end)}"),
            6 => Piece::list("return cjson.encode({", values, ", ", "})"),
            _ => Piece::list("return A(", values, ", ", ")"),
        });
        statements
    }

    fn statement(&mut self) -> Piece {
        let value = self.value(3);
        match self.random.below(12) {
            0..=4 => {
                // The new name is not there yet while its value is made.
                let name = self.local_name(self.locals);
                self.locals = (self.locals + 1).min(5);
                Piece::fill(&format!("local {name} = @"), [value])
            }
            5 => {
                let body = self.small_statement();
                let body = Piece::list("", body, " ", "");
                match self.random.below(4) {
                    0 => Piece::fill("if @ then @ end", [value, body]),
                    1 => Piece::fill("for i = 1, 3 do @ end", [body]),
                    2 => Piece::fill("for i, v in ipairs(@) do @ end", [value, body]),
                    _ => Piece::fill("for k, v in pairs(@) do @ end", [value, body]),
                }
            }
            6 => Piece::fill("redis.setresp(@)", [Piece::text(self.random.pick(&["3", "2"]))]),
            7 => match self.random.pick(words::ODD_STATEMENTS) {
                // Only the last statement of a block may return.
                text if text.contains("return") => Piece::text(format!("if #ARGV < 2 then {text} end")),
                text => Piece::text(text),
            },
            8 => Piece::fill("pcall(function() return @ end)", [value]),
            _ => Piece::list("", self.small_statement(), " ", ""),
        }
    }

    fn small_statement(&mut self) -> Vec<Piece> {
        let value = self.value(2);
        if self.locals > 0 && self.random.chance(40) {
            let name = self.local();
            // Never behind the end: a loop over the table would not end either.
            let key = self.random.pick(&["[1]", "[2]", ".x", ""]);
            return vec![Piece::fill(&format!("{name}{key} = @"), [value])];
        }
        vec![Piece::fill("S(@)", [self.call(2)])]
    }

    fn local_name(&self, index: usize) -> String {
        ["a", "b", "c", "d", "e"][index.min(4)].to_owned()
    }

    fn local(&mut self) -> String {
        let index = self.random.below(self.locals.max(1));
        self.local_name(index)
    }

    fn values(&mut self, low: usize, high: usize) -> Vec<Piece> {
        (0..self.random.between(low, high)).map(|_| self.value(3)).collect()
    }

    /// Any expression.
    fn value(&mut self, depth: usize) -> Piece {
        if depth == 0 || self.room == 0 {
            return self.atom();
        }
        match self.random.below(20) {
            0..=5 => self.atom(),
            6..=7 if self.locals > 0 => Piece::text(self.local()),
            8..=10 => self.table(depth),
            11 => self.operation(depth),
            12 => Piece::text(self.random.pick(words::TYPED_REPLIES)),
            13 => Piece::text(self.random.pick(&["KEYS[1]", "ARGV[1]", "ARGV", "#KEYS", "KEYS", "ARGV[2]"])),
            _ => self.call(depth),
        }
    }

    fn atom(&mut self) -> Piece {
        let text = match self.random.below(10) {
            0..=3 => self.random.pick(words::NUMBERS),
            4..=7 => self.random.pick(words::STRINGS),
            _ => self.random.pick(words::OTHERS),
        };
        Piece::text(text)
    }

    fn table(&mut self, depth: usize) -> Piece {
        self.room = self.room.saturating_sub(1);
        let count = self.random.below(4);
        let mut fields = Vec::new();
        let is_list = self.random.chance(50);
        for _ in 0..count {
            let value = self.value(depth - 1);
            fields.push(if is_list {
                value
            } else {
                Piece::fill(&format!("{} = @", self.random.pick(words::FIELDS)), [value])
            });
        }
        if self.random.chance(4) {
            let count = self.random.pick(&["16", "33", "8", "300"]);
            let body = self.random.pick(&[
                "t[i] = i",
                "t['k' .. i] = i",
                "t = {t}",
                "t = {a = t}",
                "t[i * 3] = 1",
                "t[i / 2] = i",
            ]);
            return Piece::text(format!("(function() local t = {{}} for i = 1, {count} do {body} end return t end)()"));
        }
        Piece::list("{", fields, ", ", "}")
    }

    fn operation(&mut self, depth: usize) -> Piece {
        let (left, right) = (self.value(depth - 1), self.value(depth - 1));
        let binary = ["+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", "and", "or"];
        match self.random.below(6) {
            0..=2 => Piece::fill(&format!("(@ {} @)", self.random.pick(&binary)), [left, right]),
            3 => Piece::fill(&format!("({}@)", self.random.pick(&["-", "#", "not "])), [left]),
            4 => Piece::fill(
                &format!("(@){}", self.random.pick(&[".x", "[1]", "['ok']", ".err", ".map", "[2]"])),
                [left],
            ),
            _ => Piece::fill("(@)(@)", [left, right]),
        }
    }

    fn function(&mut self) -> usize {
        let index = self.random.weighted(FUNCTIONS.iter().map(|function| function.weight));
        self.functions.push(index);
        index
    }

    fn call(&mut self, depth: usize) -> Piece {
        self.room = self.room.saturating_sub(1);
        let _ = depth;
        let index = self.function();
        let function = &FUNCTIONS[index];
        let arguments = Piece::list("", self.arguments(function), ", ", "");
        match self.random.below(12) {
            0..=8 => Piece::fill(&format!("{}(@)", function.name), [arguments]),
            9 if !function.arguments.is_empty() => {
                Piece::fill(&format!("select(2, pcall({}, @))", function.name), [arguments])
            }
            10 if function.name.contains('.') => {
                Piece::fill(&format!("{}(@)", function.name.replace('.', ":")), [arguments])
            }
            _ => Piece::fill(&format!("A({}(@))", function.name), [arguments]),
        }
    }

    /// Arguments, mostly of the right kinds and as many as there should be.
    fn arguments(&mut self, function: &Function) -> Vec<Piece> {
        // Of these, other values take very long or give `pairs` an order of addresses.
        let is_delicate = matches!(function.name, "rawset" | "table.insert" | "string.rep");
        let wrong = self.random.chance(8) && !is_delicate;
        let mut pieces: Vec<Piece> = Vec::new();
        for kind in function.arguments {
            if wrong && self.random.chance(50) {
                pieces.push(self.value(1));
            } else {
                self.argument(*kind, &mut pieces);
            }
        }
        if let Some(kind) = function.more {
            for _ in 0..self.random.below(4) {
                self.argument(kind, &mut pieces);
            }
        }
        if is_delicate && let Some(last) = pieces.pop() {
            // One value, and not all that a call returns.
            pieces.push(Piece::fill("(@)", [last]));
        }
        match self.random.below(30) {
            _ if is_delicate => {}
            0 => drop(pieces.pop()),
            1 => pieces.push(self.atom()),
            2 => pieces.clear(),
            _ => {}
        }
        pieces
    }

    fn argument(&mut self, kind: Kind, into: &mut Vec<Piece>) {
        let random = &mut *self.random;
        let text = match kind {
            Kind::Any => return into.push(self.value(2)),
            Kind::Command => return self.command(into),
            Kind::Table | Kind::List => {
                return into.push(if self.room > 0 { self.table(2) } else { Piece::text("{3, 1, 2}") });
            }
            Kind::Packed => return into.push(self.packed()),
            Kind::Json => return into.push(self.json()),
            Kind::Layout => return into.push(self.layout()),
            Kind::Number => random.pick(words::NUMBERS),
            Kind::Small => random.pick(words::SMALL),
            Kind::Count => random.pick(words::COUNTS),
            Kind::String => random.pick(words::STRINGS),
            Kind::Boolean => random.pick(words::SWITCHES),
            Kind::Function => random.pick(words::BODIES),
            Kind::Pattern => random.pick(words::PATTERNS),
            Kind::Format => random.pick(words::FORMATS),
            Kind::Coroutine => random.pick(words::COROUTINES),
        };
        into.push(Piece::text(text));
    }

    fn command(&mut self, into: &mut Vec<Piece>) {
        let words = self.random.pick(words::COMMANDS);
        for word in words.split(' ') {
            into.push(match word {
                "KEY" => {
                    let key = self.random.pick(words::KEYS);
                    Piece::text(format!("'{key}'"))
                }
                "VALUE" => self.value(1),
                word if word.parse::<f64>().is_ok() && self.random.chance(50) => Piece::text(word),
                word => Piece::text(format!("'{word}'")),
            });
        }
    }

    /// JSON that another value was encoded to, or a text, perhaps cut.
    fn json(&mut self) -> Piece {
        match self.random.below(10) {
            0..=2 if self.room > 0 => Piece::fill("cjson.encode(@)", [self.table(2)]),
            3 => {
                let pieces: Vec<&str> =
                    (0..self.random.between(1, 5)).map(|_| self.random.pick(words::JSON_PIECES)).collect();
                Piece::text(format!("'[{}]'", pieces.concat()))
            }
            4 => {
                let pieces: Vec<&str> =
                    (0..self.random.between(1, 6)).map(|_| self.random.pick(words::JSON_PIECES)).collect();
                Piece::text(format!("'{}'", pieces.concat()))
            }
            5 => Piece::text(format!("'\"{}\"'", self.random.pick(words::JSON_STRINGS))),
            6 => Piece::text(format!(
                "string.rep('{}', {})",
                self.random.pick(&["[", "{\"a\":", "[1,"]),
                self.random.pick(&["1000", "1001", "3"])
            )),
            _ => Piece::text(format!("'{}'", self.random.pick(words::JSON))),
        }
    }

    /// What another value was packed to, or bytes.
    fn packed(&mut self) -> Piece {
        match self.random.below(10) {
            0..=4 if self.room > 0 => Piece::fill("cmsgpack.pack(@)", [self.table(2)]),
            5 => Piece::fill("cmsgpack.pack(@, @)", [self.atom(), self.atom()]),
            6 => Piece::fill("cmsgpack.pack(@):sub(1, -2)", [self.value(1)]),
            _ => {
                let mut text = String::from("'");
                for _ in 0..self.random.between(1, 8) {
                    let byte = match self.random.below(4) {
                        0 => self.random.below(256),
                        1 => 0xc0 + self.random.below(32),
                        2 => 0x80 + self.random.below(32),
                        _ => self.random.below(4),
                    };
                    text.push_str(&format!("\\{byte:03}"));
                }
                Piece::text(text + "'")
            }
        }
    }

    fn layout(&mut self) -> Piece {
        let mut text = String::from("'");
        for _ in 0..self.random.between(1, 5) {
            text.push_str(self.random.pick(words::LAYOUT));
        }
        Piece::text(text + "'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_means_the_same_scripts() {
        let texts = |seed| (0..50).map(|lane| script(&mut Random::lane(seed, lane)).text()).collect::<Vec<_>>();
        assert_eq!(texts(7), texts(7));
        assert_ne!(texts(7), texts(8));
    }
}
