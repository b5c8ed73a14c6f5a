//! `cjson.decode(text)`.
//!
//! Objects and arrays that are not complete wait in a list, not on the stack of this program. They may nest up to
//! `decode_max_depth`, and to where the original runs out of Lua's stack: an array holds a slot of it, an object two.

use super::super::arguments::Arguments;
use super::super::raise::Fault;
use super::super::slots::has_room;
use super::token::{Token, Tokens};
use super::{Shared, lock};
use mlua::{MultiValue, Table, Value};

const ARRAY_SLOTS: usize = 2;
const OBJECT_SLOTS: usize = 3;

/// O(bytes). Errors: not JSON, nested too deep.
pub(super) fn decode(args: &Arguments<'_>, shared: &Shared) -> Result<MultiValue, Fault> {
    if args.len() != 1 {
        return Err(Fault::argument(1, "expected 1 argument"));
    }
    let text = args.string(1)?;
    let text = text.as_bytes();
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        return Err(Fault::text("JSON parser does not support UTF-16 or UTF-32"));
    }
    let settings = *lock(shared);
    let tokens = Tokens::new(&text, settings.decode_invalid);
    let mut decoder = Decoder { args, tokens, open: Vec::new(), held: 1, depth_max: settings.decode_depth_max };
    let value = decoder.whole()?;
    match decoder.tokens.next() {
        Token::End => Ok(MultiValue::from_iter([value])),
        other => Err(decoder.expected("the end", &other)),
    }
}

/// An object or array that is not complete.
enum Open {
    Array(Table, usize),
    /// With the key whose value comes next.
    Object(Table, mlua::String),
}

/// What is behind a bracket: the other one, or the token of the first value.
enum Entered {
    Empty(Table),
    First(Token),
}

struct Decoder<'a> {
    args: &'a Arguments<'a>,
    tokens: Tokens<'a>,
    open: Vec<Open>,
    /// Slots of Lua's stack that the original would hold.
    held: usize,
    depth_max: i32,
}

impl Decoder<'_> {
    fn whole(&mut self) -> Result<Value, Fault> {
        let mut token = self.tokens.next();
        loop {
            let value = match token {
                Token::String => Value::String(self.args.lua.create_string(&self.tokens.string)?),
                Token::Number(number) => Value::Number(number),
                Token::Boolean(value) => Value::Boolean(value),
                Token::Null => Value::NULL,
                Token::ObjectBegin | Token::ArrayBegin => match self.enter(token == Token::ObjectBegin)? {
                    Entered::Empty(table) => Value::Table(table),
                    Entered::First(first) => {
                        token = first;
                        continue;
                    }
                },
                other => return Err(self.expected("value", &other)),
            };
            if let Some(whole) = self.place(value)? {
                return Ok(whole);
            }
            token = self.tokens.next();
        }
    }

    /// Goes into an object or array, up to its first value.
    fn enter(&mut self, is_object: bool) -> Result<Entered, Fault> {
        let depth = self.open.len() + 1;
        let slots = if is_object { OBJECT_SLOTS } else { ARRAY_SLOTS };
        if depth > self.depth_max as usize || !has_room(self.held, slots) {
            let position = self.tokens.position;
            let text = format!("Found too many nested data structures ({depth}) at character {position}");
            return Err(Fault::text(text));
        }
        let table = self.args.lua.create_table()?;
        let first = match self.tokens.next() {
            Token::ObjectEnd if is_object => return Ok(Entered::Empty(table)),
            Token::ArrayEnd if !is_object => return Ok(Entered::Empty(table)),
            first if is_object => {
                let key = self.key(first)?;
                self.open.push(Open::Object(table, key));
                self.tokens.next()
            }
            first => {
                self.open.push(Open::Array(table, 0));
                first
            }
        };
        self.held += slots - 1;
        Ok(Entered::First(first))
    }

    /// The key of an object that `token` has to be, and the colon behind it.
    fn key(&mut self, token: Token) -> Result<mlua::String, Fault> {
        if token != Token::String {
            return Err(self.expected("object key string", &token));
        }
        let key = self.args.lua.create_string(&self.tokens.string)?;
        match self.tokens.next() {
            Token::Colon => Ok(key),
            other => Err(self.expected("colon", &other)),
        }
    }

    /// Puts a value where it belongs, and ends what ends behind it; the outermost value is given back.
    fn place(&mut self, mut value: Value) -> Result<Option<Value>, Fault> {
        loop {
            let Some(innermost) = self.open.pop() else { return Ok(Some(value)) };
            match innermost {
                Open::Array(table, count) => {
                    table.raw_set(count + 1, value)?;
                    match self.tokens.next() {
                        Token::Comma => {
                            self.open.push(Open::Array(table, count + 1));
                            return Ok(None);
                        }
                        Token::ArrayEnd => value = Value::Table(table),
                        other => return Err(self.expected("comma or array end", &other)),
                    }
                    self.held -= ARRAY_SLOTS - 1;
                }
                Open::Object(table, key) => {
                    table.raw_set(key, value)?;
                    match self.tokens.next() {
                        Token::Comma => {
                            let token = self.tokens.next();
                            let key = self.key(token)?;
                            self.open.push(Open::Object(table, key));
                            return Ok(None);
                        }
                        Token::ObjectEnd => value = Value::Table(table),
                        other => return Err(self.expected("comma or object end", &other)),
                    }
                    self.held -= OBJECT_SLOTS - 1;
                }
            }
        }
    }

    fn expected(&self, what: &str, found: &Token) -> Fault {
        let place = self.tokens.start + 1;
        Fault::text(format!("Expected {what} but found {} at character {place}", found.name()))
    }
}
