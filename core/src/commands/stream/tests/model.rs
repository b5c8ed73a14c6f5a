//! Streams and their groups against maps: every reply, and after every command the entries and what is pending.
//!
//! Ids are few, so that they meet; time stands still, so that nothing is ever idle. `World` checks the database after each
//! command.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::commands::OwnedArgs;
use crate::commands::conversation::World;
use crate::resp::Protocol;

type Id = (u64, u64);

#[derive(Default)]
struct Model {
    exists: bool,
    entries: BTreeMap<Id, Vec<String>>,
    last: Id,
    groups: BTreeMap<&'static str, Group>,
}

#[derive(Default)]
struct Group {
    last: Id,
    consumers: BTreeSet<&'static str>,
    /// Owner and deliveries.
    pending: BTreeMap<Id, (&'static str, u64)>,
}

#[derive(Clone, Debug)]
enum Op {
    Add(Id, u8),
    Delete(Vec<Id>),
    TrimLength(usize),
    TrimBelow(Id),
    Create(&'static str, Option<Id>),
    SetId(&'static str, Id),
    Destroy(&'static str),
    CreateConsumer(&'static str, &'static str),
    DeleteConsumer(&'static str, &'static str),
    /// Count (0: none given), and without pending entries or not.
    ReadNew(&'static str, &'static str, usize, bool),
    ReadOwn(&'static str, &'static str, Id),
    Acknowledge(&'static str, Vec<Id>),
    /// Forced or not.
    Claim(&'static str, &'static str, Vec<Id>, bool),
    AutoClaim(&'static str, &'static str, Id, usize),
    Pending(&'static str),
}

fn op() -> impl Strategy<Value = Op> {
    let id = || (1..12u64, 0..3u64);
    let ids = || prop::collection::vec(id(), 1..4);
    let group = || prop::sample::select(vec!["g", "h"]);
    let consumer = || prop::sample::select(vec!["a", "b", "c"]);
    prop_oneof![
        8 => (id(), 1..4u8).prop_map(|(id, fields)| Op::Add(id, fields)),
        2 => ids().prop_map(Op::Delete),
        1 => (0..8usize).prop_map(Op::TrimLength),
        1 => id().prop_map(Op::TrimBelow),
        2 => (group(), prop::option::of(id())).prop_map(|(group, id)| Op::Create(group, id)),
        1 => (group(), id()).prop_map(|(group, id)| Op::SetId(group, id)),
        1 => group().prop_map(Op::Destroy),
        1 => (group(), consumer()).prop_map(|(group, name)| Op::CreateConsumer(group, name)),
        1 => (group(), consumer()).prop_map(|(group, name)| Op::DeleteConsumer(group, name)),
        5 => (group(), consumer(), 0..4usize, prop::bool::weighted(0.2)).prop_map(|(g, c, n, noack)| Op::ReadNew(g, c, n, noack)),
        2 => (group(), consumer(), id()).prop_map(|(group, name, id)| Op::ReadOwn(group, name, id)),
        3 => (group(), ids()).prop_map(|(group, ids)| Op::Acknowledge(group, ids)),
        3 => (group(), consumer(), ids(), any::<bool>()).prop_map(|(g, c, ids, force)| Op::Claim(g, c, ids, force)),
        2 => (group(), consumer(), id(), 1..4usize).prop_map(|(g, c, id, n)| Op::AutoClaim(g, c, id, n)),
        1 => group().prop_map(Op::Pending),
    ]
}

fn text((ms, seq): Id) -> String {
    format!("{ms}-{seq}")
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn array(items: &[String]) -> String {
    format!("*{}\r\n{}", items.len(), items.concat())
}

fn nogroup(reply: &str) -> bool {
    reply.starts_with("-NOGROUP") || reply.starts_with("-ERR The XGROUP subcommand requires the key")
}

impl Model {
    fn entry(&self, id: Id) -> String {
        let fields: Vec<String> = self.entries[&id].iter().map(|text| bulk(text)).collect();
        array(&[bulk(&text(id)), array(&fields)])
    }

    /// The stream's part of a reply to XREADGROUP.
    fn read(items: &[String]) -> String {
        array(&[array(&[bulk("s"), array(items)])])
    }

    fn remove(&mut self, ids: &[Id]) -> String {
        format!(":{}\r\n", ids.iter().filter(|id| self.entries.remove(id).is_some()).count())
    }

    /// The words of the command, and what it should reply; `None` for a group that is not there.
    fn apply(&mut self, op: &Op) -> (Vec<String>, Option<String>) {
        let line = |line: String| line.split(' ').map(str::to_owned).collect::<Vec<String>>();
        let ids = |ids: &[Id]| ids.iter().map(|id| format!(" {}", text(*id))).collect::<String>();
        match op {
            Op::Add(id, fields) => {
                let pairs: Vec<String> = (0..*fields).flat_map(|i| [format!("f{i}"), format!("{}", i * 100)]).collect();
                let words = line(format!("XADD s {} {}", text(*id), pairs.join(" ")));
                if *id <= self.last {
                    return (
                        words,
                        Some(
                            "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n"
                                .into(),
                        ),
                    );
                }
                (self.exists, self.last) = (true, *id);
                self.entries.insert(*id, pairs);
                (words, Some(bulk(&text(*id))))
            }
            Op::Delete(list) => (line(format!("XDEL s{}", ids(list))), Some(self.remove(list))),
            Op::TrimLength(max) => {
                let surplus = self.entries.len().saturating_sub(*max);
                let gone: Vec<Id> = self.entries.keys().copied().take(surplus).collect();
                (line(format!("XTRIM s MAXLEN {max}")), Some(self.remove(&gone)))
            }
            Op::TrimBelow(id) => {
                let gone: Vec<Id> = self.entries.range(..id).map(|(id, _)| *id).collect();
                (line(format!("XTRIM s MINID {}", text(*id))), Some(self.remove(&gone)))
            }
            Op::Create(name, id) => {
                let from = id.map_or_else(|| "$".into(), text);
                let words = line(format!("XGROUP CREATE s {name} {from} MKSTREAM"));
                self.exists = true;
                if self.groups.contains_key(name) {
                    return (words, Some("-BUSYGROUP Consumer Group name already exists\r\n".into()));
                }
                self.groups.insert(name, Group { last: id.unwrap_or(self.last), ..Group::default() });
                (words, Some("+OK\r\n".into()))
            }
            Op::Destroy(name) => {
                let gone = self.groups.remove(name).is_some();
                (line(format!("XGROUP DESTROY s {name}")), self.exists.then(|| format!(":{}\r\n", u8::from(gone))))
            }
            Op::Acknowledge(name, list) => {
                let group = self.groups.get_mut(name);
                let gone = group.map_or(0, |g| list.iter().filter(|id| g.pending.remove(id).is_some()).count());
                (line(format!("XACK s {name}{}", ids(list))), Some(format!(":{gone}\r\n")))
            }
            op => self.apply_to_group(op),
        }
    }

    /// Of those that need the group.
    fn apply_to_group(&mut self, op: &Op) -> (Vec<String>, Option<String>) {
        let (line, name) = match op {
            Op::SetId(name, id) => (format!("XGROUP SETID s {name} {}", text(*id)), name),
            Op::CreateConsumer(name, consumer) => (format!("XGROUP CREATECONSUMER s {name} {consumer}"), name),
            Op::DeleteConsumer(name, consumer) => (format!("XGROUP DELCONSUMER s {name} {consumer}"), name),
            Op::ReadNew(name, consumer, count, noack) => {
                let count = if *count == 0 { String::new() } else { format!(" COUNT {count}") };
                let noack = if *noack { " NOACK" } else { "" };
                (format!("XREADGROUP GROUP {name} {consumer}{count}{noack} STREAMS s >"), name)
            }
            Op::ReadOwn(name, consumer, id) => {
                (format!("XREADGROUP GROUP {name} {consumer} STREAMS s {}", text(*id)), name)
            }
            Op::Claim(name, consumer, list, force) => {
                let ids: String = list.iter().map(|id| format!(" {}", text(*id))).collect();
                (format!("XCLAIM s {name} {consumer} 0{ids}{}", if *force { " FORCE" } else { "" }), name)
            }
            Op::AutoClaim(name, consumer, id, count) => {
                (format!("XAUTOCLAIM s {name} {consumer} 0 {} COUNT {count}", text(*id)), name)
            }
            Op::Pending(name) => (format!("XPENDING s {name}"), name),
            _ => unreachable!("the others need no group"),
        };
        let words = line.split(' ').map(str::to_owned).collect();
        let Some(mut group) = self.groups.remove(name) else { return (words, None) };
        let reply = self.reply(op, &mut group);
        self.groups.insert(name, group);
        (words, Some(reply))
    }

    fn reply(&self, op: &Op, group: &mut Group) -> String {
        match op {
            Op::SetId(_, id) => {
                group.last = *id;
                "+OK\r\n".into()
            }
            Op::CreateConsumer(_, consumer) => format!(":{}\r\n", u8::from(group.consumers.insert(consumer))),
            Op::DeleteConsumer(_, consumer) => {
                let before = group.pending.len();
                group.pending.retain(|_, (owner, _)| owner != consumer);
                group.consumers.remove(consumer);
                format!(":{}\r\n", before - group.pending.len())
            }
            Op::ReadNew(_, consumer, count, noack) => {
                let count = if *count == 0 { usize::MAX } else { *count };
                let new = self.entries.keys().copied().filter(|id| *id > group.last).take(count).collect::<Vec<Id>>();
                let Some(last) = new.last() else { return "*-1\r\n".into() };
                group.last = *last;
                group.consumers.insert(consumer);
                if !noack {
                    new.iter().for_each(|id| _ = group.pending.insert(*id, (consumer, 1)));
                }
                Model::read(&new.iter().map(|id| self.entry(*id)).collect::<Vec<String>>())
            }
            Op::ReadOwn(_, consumer, from) => {
                group.consumers.insert(consumer);
                let own = group.pending.iter_mut().filter(|(id, (owner, _))| *id > from && owner == consumer);
                let items = own.map(|(id, (_, deliveries))| {
                    if !self.entries.contains_key(id) {
                        return array(&[bulk(&text(*id)), "*-1\r\n".into()]);
                    }
                    *deliveries += 1;
                    self.entry(*id)
                });
                Model::read(&items.collect::<Vec<String>>())
            }
            Op::Claim(_, consumer, ids, force) => {
                let claimed = ids.iter().filter(|id| self.claim(group, consumer, **id, *force));
                array(
                    &claimed
                        .copied()
                        .collect::<Vec<Id>>()
                        .into_iter()
                        .map(|id| self.entry(id))
                        .collect::<Vec<String>>(),
                )
            }
            Op::AutoClaim(_, consumer, start, count) => {
                let from: Vec<Id> = group.pending.range(start..).map(|(id, _)| *id).collect();
                let (taken, rest) = from.split_at(from.len().min(*count));
                let (claimed, gone): (Vec<Id>, Vec<Id>) =
                    taken.iter().partition(|id| self.claim(group, consumer, **id, false));
                array(&[
                    bulk(&text(rest.first().copied().unwrap_or((0, 0)))),
                    array(&claimed.iter().map(|id| self.entry(*id)).collect::<Vec<String>>()),
                    array(&gone.iter().map(|id| bulk(&text(*id))).collect::<Vec<String>>()),
                ])
            }
            Op::Pending(_) => group.summary(),
            _ => unreachable!("the others need no group"),
        }
    }

    /// Claims one entry; of one that is deleted nothing stays pending.
    fn claim(&self, group: &mut Group, consumer: &'static str, id: Id, force: bool) -> bool {
        let pending = group.pending.get(&id).copied();
        if !self.entries.contains_key(&id) {
            group.pending.remove(&id);
            return false;
        }
        if pending.is_none() && !force {
            return false;
        }
        group.consumers.insert(consumer);
        group.pending.insert(id, (consumer, pending.map_or(1, |(_, deliveries)| deliveries) + 1));
        true
    }
}

impl Group {
    fn summary(&self) -> String {
        let (Some((first, _)), Some((last, _))) = (self.pending.first_key_value(), self.pending.last_key_value())
        else {
            return "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n".into();
        };
        let mut owners = BTreeMap::<&str, usize>::new();
        self.pending.values().for_each(|(owner, _)| *owners.entry(owner).or_default() += 1);
        let owners: Vec<String> =
            owners.iter().map(|(name, count)| array(&[bulk(name), bulk(&count.to_string())])).collect();
        array(&[format!(":{}\r\n", self.pending.len()), bulk(&text(*first)), bulk(&text(*last)), array(&owners)])
    }

    fn listing(&self) -> String {
        let line = |(id, (owner, deliveries)): (&Id, &(&str, u64))| {
            array(&[bulk(&text(*id)), bulk(owner), ":0\r\n".into(), format!(":{deliveries}\r\n")])
        };
        array(&self.pending.iter().map(line).collect::<Vec<String>>())
    }
}

fn say(world: &mut World, words: &[String]) -> String {
    let args: OwnedArgs = words.iter().map(String::as_bytes).collect();
    world.run(&args);
    String::from_utf8_lossy(world.reply.bytes()).into_owned()
}

fn ask(world: &mut World, line: &str) -> String {
    say(world, &line.split(' ').map(str::to_owned).collect::<Vec<String>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn a_stream_is_a_map_and_its_groups_are_maps_of_what_is_pending(
        node_entries_max in prop::sample::select(vec![1u64, 3, 100]),
        ops in prop::collection::vec(op(), 1..80),
    ) {
        let mut world = World::new(Protocol::Resp2);
        world.policy.limits.stream_node_entries_max = node_entries_max as i64;
        let mut model = Model::default();
        for op in ops {
            let (words, expected) = model.apply(&op);
            let reply = say(&mut world, &words);
            match expected {
                Some(expected) => prop_assert_eq!(reply, expected, "{:?}", words),
                None => prop_assert!(nogroup(&reply), "{words:?}: {reply}"),
            }
            prop_assert_eq!(ask(&mut world, "XLEN s"), format!(":{}\r\n", model.entries.len()));
            let mut entries: Vec<String> = model.entries.keys().map(|id| model.entry(*id)).collect();
            prop_assert_eq!(ask(&mut world, "XRANGE s - +"), array(&entries), "after {:?}", words);
            entries.reverse();
            prop_assert_eq!(ask(&mut world, "XREVRANGE s + -"), array(&entries), "after {:?}", words);
            for (name, group) in &model.groups {
                let listed = ask(&mut world, &format!("XPENDING s {name} - + 100"));
                prop_assert_eq!(listed, group.listing(), "{} after {:?}", name, words);
                let consumers = ask(&mut world, &format!("XINFO CONSUMERS s {name}"));
                prop_assert!(consumers.starts_with(&format!("*{}\r\n", group.consumers.len())), "{name} after {words:?}: {consumers}");
            }
        }
    }
}
