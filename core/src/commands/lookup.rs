//! Finding a command by name: a small open-addressing table over the rows, built once an engine.
//!
//! Case-insensitive, as clients may write `get`, `GET` or `Get`. Lookup costs one hash of a short name and mostly
//! one comparison; nothing is allocated.

use std::borrow::Cow;

use super::Args;
use super::row::Command;

/// Index of a row in the joined table: dense, so that statistics can be kept in a plain vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandId(pub u16);

/// All rows, top-level ones and subcommands, with their dense ids.
#[derive(Clone)]
pub struct CommandTable {
    rows: Vec<&'static Command>,
    /// Names of top-level commands, which `rename-command` may change or empty.
    names: Vec<Cow<'static, [u8]>>,
    /// For each row, the id of its first subcommand; the rest follow in order of the row's slice.
    first_subcommand: Vec<u16>,
    slots: Vec<u16>,
    mask: usize,
}

const EMPTY: u16 = u16::MAX;

fn hash(name: &[u8]) -> usize {
    let mut h: u32 = 0x811c_9dc5;
    for &b in name {
        h = (h ^ (b | 0x20) as u32).wrapping_mul(0x0100_0193);
    }
    (h ^ (h >> 15)) as usize
}

impl CommandTable {
    /// The table of all rows, under their own names.
    pub fn new() -> CommandTable {
        let count = super::all().map(|row| 1 + row.subcommands.len()).sum();
        let mut table = CommandTable {
            rows: Vec::with_capacity(count),
            names: Vec::with_capacity(count),
            first_subcommand: Vec::with_capacity(count),
            slots: Vec::new(),
            mask: 0,
        };
        for row in super::all() {
            table.add(row);
        }
        table.index();
        table
    }

    fn add(&mut self, row: &'static Command) {
        let first = self.rows.len() as u16 + 1;
        self.rows.push(row);
        self.names.push(Cow::Borrowed(row.name.as_bytes()));
        self.first_subcommand.push(first);
        for sub in row.subcommands {
            self.rows.push(sub);
            self.names.push(Cow::Borrowed(sub.name.as_bytes()));
            self.first_subcommand.push(EMPTY);
        }
    }

    fn index(&mut self) {
        let size = (self.rows.len() * 4).next_power_of_two();
        self.mask = size - 1;
        self.slots = vec![EMPTY; size];
        for id in 0..self.rows.len() {
            if self.rows[id].is_subcommand() || self.names[id].is_empty() {
                continue;
            }
            let mut at = hash(&self.names[id]) & self.mask;
            while self.slots[at] != EMPTY {
                at = (at + 1) & self.mask;
            }
            self.slots[at] = id as u16;
        }
    }

    /// `rename-command`: gives a command another name; an empty one removes it. `false`: no such command.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        let Some(id) = self.find(from) else { return false };
        self.names[id.0 as usize] = Cow::Owned(to.to_vec());
        self.index();
        true
    }

    /// The top-level command of that name.
    pub fn find(&self, name: &[u8]) -> Option<CommandId> {
        let mut at = hash(name) & self.mask;
        loop {
            let id = self.slots[at];
            if id == EMPTY {
                return None;
            }
            if self.names[id as usize].eq_ignore_ascii_case(name) {
                return Some(CommandId(id));
            }
            at = (at + 1) & self.mask;
        }
    }

    /// The subcommand `name` of `container`.
    pub fn find_subcommand(&self, container: CommandId, name: &[u8]) -> Option<CommandId> {
        let row = self.row(container);
        let position = row.subcommands.iter().position(|s| s.short_name().as_bytes().eq_ignore_ascii_case(name))?;
        Some(CommandId(self.first_subcommand[container.0 as usize] + position as u16))
    }

    /// The command that a call names: the subcommand, if the command has some and one is named. `None`: there is no
    /// such command or no such subcommand.
    pub fn resolve(&self, args: Args<'_>) -> Option<CommandId> {
        let id = self.find(args.get(0)?)?;
        match args.get(1) {
            Some(name) if !self.row(id).subcommands.is_empty() => self.find_subcommand(id, name),
            _ => Some(id),
        }
    }

    /// The command of a full name, `get` or `config|get`.
    pub fn find_full(&self, name: &[u8]) -> Option<CommandId> {
        match memchr::memchr(b'|', name) {
            None => self.find(name),
            Some(at) => self.find_subcommand(self.find(&name[..at])?, &name[at + 1..]),
        }
    }

    /// The row of an id.
    pub fn row(&self, id: CommandId) -> &'static Command {
        self.rows[id.0 as usize]
    }

    /// Number of rows, subcommands included: the size of a vector indexed by [`CommandId`].
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Ids of the top-level commands that can be called (not renamed to nothing).
    pub fn top_level(&self) -> impl Iterator<Item = CommandId> + '_ {
        (0..self.rows.len())
            .filter(|&id| !self.rows[id].is_subcommand() && !self.names[id].is_empty())
            .map(|id| CommandId(id as u16))
    }

    /// The name under which a row is called now (its own, or what `rename-command` made of it).
    pub fn name(&self, id: CommandId) -> &[u8] {
        &self.names[id.0 as usize]
    }
}

impl Default for CommandTable {
    fn default() -> CommandTable {
        CommandTable::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_under_its_name_in_any_case() {
        let table = CommandTable::new();
        for row in super::super::all() {
            let id = table.find(row.name.to_uppercase().as_bytes()).expect("a row is in the table");
            assert_eq!(table.row(id).name, row.name);
            for sub in row.subcommands {
                let found = table
                    .find_subcommand(id, sub.short_name().to_uppercase().as_bytes())
                    .expect("a subcommand is in the table");
                assert_eq!(table.row(found).name, sub.name);
            }
        }
        assert!(table.find(b"nosuch").is_none());
    }

    #[test]
    fn a_renamed_command_answers_to_its_new_name_only() {
        let mut table = CommandTable::new();
        assert!(table.rename(b"get", b"hole"));
        assert!(table.find(b"get").is_none());
        assert_eq!(table.row(table.find(b"HOLE").expect("renamed")).name, "get");
        assert!(table.rename(b"hole", b""));
        assert!(table.find(b"").is_none());
    }
}
