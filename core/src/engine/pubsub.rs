//! Publish and subscribe: who listens to which channel or pattern, and the delivery of messages.
//!
//! ```text
//!   channels, shard channels:  name ─► places of clients     a client knows its own names, to count and to leave them
//!   patterns:                  pattern ─► places of clients  every message is matched against every pattern
//! ```
//!
//! - A message is encoded once for each protocol and copied into the outputs of its receivers: O(receivers + patterns).
//! - A subscription takes 4 bytes in the list of the name's listeners, and a counted reference to the name in the client's.
//! - Messages reach the client whose command sends them, too, and before that command's own reply.
//! - What a keyspace event says to its listeners goes the same way ([`publish_events`](Engine::publish_events)).
//! - A RESP2 connection that has a subscription may only say a few commands (admission).
//!
//! Source: observed behaviour of 7.0.15. Where the order is that of a hash table there (names when all are left, patterns of
//! one message), it is the order of the bytes here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Engine;
use super::client::{ClientFlags, ClientId};
use crate::config::NotifyEvents;
use crate::glob;
use crate::keyspace::effects::KeyEvent;
use crate::resp::{Protocol, Reply};

/// What can be listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Channel,
    Pattern,
    ShardChannel,
}

/// A name, shared by everybody who listens to it.
type Name = Arc<[u8]>;

/// Names and their listeners.
type Listeners = BTreeMap<Name, Places>;

/// Where the engine keeps the clients that listen to one name, ascending. A client leaves its names before its place is
/// given to another.
#[derive(Clone, Debug)]
enum Places {
    One(u32),
    Several(Vec<u32>),
}

/// All subscriptions of a server.
#[derive(Clone, Debug, Default)]
pub struct PubSub {
    channels: Listeners,
    patterns: Listeners,
    shard_channels: Listeners,
}

/// What one client listens to.
#[derive(Clone, Debug, Default)]
pub struct Subscriptions {
    pub channels: BTreeSet<Name>,
    pub patterns: BTreeSet<Name>,
    pub shard_channels: BTreeSet<Name>,
}

impl Places {
    fn as_slice(&self) -> &[u32] {
        match self {
            Places::One(place) => std::slice::from_ref(place),
            Places::Several(places) => places,
        }
    }

    fn insert(&mut self, place: u32) {
        match self {
            Places::One(other) if *other == place => {}
            Places::One(other) => *self = Places::Several(vec![place.min(*other), place.max(*other)]),
            Places::Several(places) => {
                if let Err(at) = places.binary_search(&place) {
                    places.insert(at, place);
                }
            }
        }
    }

    /// Takes a place out. Whether none is left.
    fn remove(&mut self, place: u32) -> bool {
        match self {
            Places::One(only) => *only == place,
            Places::Several(places) => {
                if let Ok(at) = places.binary_search(&place) {
                    places.remove(at);
                }
                places.is_empty()
            }
        }
    }
}

impl Topic {
    /// The first word of the confirmations: of subscribing, of leaving.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Topic::Channel => ("subscribe", "unsubscribe"),
            Topic::Pattern => ("psubscribe", "punsubscribe"),
            Topic::ShardChannel => ("ssubscribe", "sunsubscribe"),
        }
    }
}

impl PubSub {
    /// Names somebody listens to, in order. O(n).
    pub fn names(&self, topic: Topic) -> impl Iterator<Item = &[u8]> {
        self.listeners(topic).keys().map(|name| &**name)
    }

    /// How many names somebody listens to. O(1).
    pub fn count(&self, topic: Topic) -> usize {
        self.listeners(topic).len()
    }

    /// How many clients listen to a name. O(log n).
    pub fn listeners_of(&self, topic: Topic, name: &[u8]) -> usize {
        self.listeners(topic).get(name).map_or(0, |places| places.as_slice().len())
    }

    fn listeners(&self, topic: Topic) -> &Listeners {
        match topic {
            Topic::Channel => &self.channels,
            Topic::Pattern => &self.patterns,
            Topic::ShardChannel => &self.shard_channels,
        }
    }

    fn listeners_mut(&mut self, topic: Topic) -> &mut Listeners {
        match topic {
            Topic::Channel => &mut self.channels,
            Topic::Pattern => &mut self.patterns,
            Topic::ShardChannel => &mut self.shard_channels,
        }
    }
}

impl Subscriptions {
    /// Memory that a client's own list takes, in bytes, about.
    pub fn heap_bytes(&self) -> usize {
        let names = self.channels.len() + self.patterns.len() + self.shard_channels.len();
        size_of::<Subscriptions>() + names * 2 * size_of::<Name>()
    }

    fn of(&mut self, topic: Topic) -> &mut BTreeSet<Name> {
        match topic {
            Topic::Channel => &mut self.channels,
            Topic::Pattern => &mut self.patterns,
            Topic::ShardChannel => &mut self.shard_channels,
        }
    }

    /// What confirmations count: channels and patterns together, shard channels by themselves.
    fn counted(&self, topic: Topic) -> usize {
        match topic {
            Topic::ShardChannel => self.shard_channels.len(),
            Topic::Channel | Topic::Pattern => self.channels.len() + self.patterns.len(),
        }
    }

    fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.patterns.is_empty() && self.shard_channels.is_empty()
    }
}

impl Engine {
    /// Makes a client listen, and confirms it.
    pub(crate) fn subscribe(&mut self, id: ClientId, topic: Topic, name: &[u8]) {
        let listeners = self.pubsub.listeners_mut(topic);
        let known = listeners.get_key_value(name).map(|(name, _)| Name::clone(name));
        let name = known.unwrap_or_else(|| name.into());
        listeners.entry(Name::clone(&name)).or_insert(Places::One(id.slot)).insert(id.slot);
        let client = self.client_mut(id);
        let subscriptions = client.subscriptions.get_or_insert_default();
        subscriptions.of(topic).insert(Name::clone(&name));
        let count = subscriptions.counted(topic);
        client.flags.insert(ClientFlags::PUBSUB);
        let confirmation = confirmation(client.reply.protocol(), topic.words().0, Some(&name), count);
        self.own_pushes.extend_from_slice(&confirmation);
    }

    /// Makes a client leave a name that it may or may not listen to, and confirms it.
    pub(crate) fn unsubscribe(&mut self, id: ClientId, topic: Topic, name: &[u8]) {
        self.leave(id, topic, name);
        self.confirm_leaving(id, topic, Some(name));
    }

    /// Makes a client leave everything of a kind, and confirms each, or that there was nothing.
    pub(crate) fn unsubscribe_all(&mut self, id: ClientId, topic: Topic) {
        let subscriptions = self.client_mut(id).subscriptions.as_mut();
        let names = subscriptions.map(|all| all.of(topic).clone()).unwrap_or_default();
        for name in &names {
            self.unsubscribe(id, topic, name);
        }
        if names.is_empty() {
            self.confirm_leaving(id, topic, None);
        }
    }

    fn confirm_leaving(&mut self, id: ClientId, topic: Topic, name: Option<&[u8]>) {
        let client = self.client_mut(id);
        let count = client.subscriptions.as_ref().map_or(0, |all| all.counted(topic));
        let confirmation = confirmation(client.reply.protocol(), topic.words().1, name, count);
        self.own_pushes.extend_from_slice(&confirmation);
        self.end_listening(id);
    }

    /// Leaves everything without a word: RESET, the end of a connection.
    pub(crate) fn forget_subscriptions(&mut self, id: ClientId) {
        for topic in [Topic::Channel, Topic::ShardChannel, Topic::Pattern] {
            let Some(client) = self.clients.get_mut(id) else { return };
            let Some(subscriptions) = &mut client.subscriptions else { break };
            for name in subscriptions.of(topic).clone() {
                self.leave(id, topic, &name);
            }
        }
        self.end_listening(id);
    }

    fn leave(&mut self, id: ClientId, topic: Topic, name: &[u8]) {
        let Some(subscriptions) = &mut self.client_mut(id).subscriptions else { return };
        if !subscriptions.of(topic).remove(name) {
            return;
        }
        let listeners = self.pubsub.listeners_mut(topic);
        if listeners.get_mut(name).is_some_and(|places| places.remove(id.slot)) {
            listeners.remove(name);
        }
    }

    /// A client without subscriptions is an ordinary one again.
    fn end_listening(&mut self, id: ClientId) {
        let client = self.client_mut(id);
        if client.subscriptions.as_ref().is_none_or(|all| all.is_empty()) {
            client.subscriptions = None;
            client.flags.remove(ClientFlags::PUBSUB);
        }
    }

    /// Delivers a message to everybody who listens. How many received it, a client with two fitting patterns twice.
    pub(crate) fn publish(&mut self, topic: Topic, channel: &[u8], message: &[u8]) -> usize {
        let mut receivers = 0;
        let word = if topic == Topic::ShardChannel { "smessage" } else { "message" };
        if let Some(places) = self.pubsub.listeners(topic).get(channel) {
            let places = places.as_slice().to_vec();
            receivers += places.len();
            self.deliver(&places, &[word.as_bytes(), channel, message]);
        }
        if topic == Topic::Channel && !self.pubsub.patterns.is_empty() {
            let fitting = self.pubsub.patterns.iter().filter(|(pattern, _)| glob::matches(pattern, channel, false));
            let fitting: Vec<(Name, Vec<u32>)> =
                fitting.map(|(pattern, places)| (Name::clone(pattern), places.as_slice().to_vec())).collect();
            for (pattern, places) in fitting {
                receivers += places.len();
                self.deliver(&places, &[b"pmessage", &pattern, channel, message]);
            }
        }
        receivers
    }

    /// Appends a push to the output of each client.
    fn deliver(&mut self, places: &[u32], words: &[&[u8]]) {
        let encoded = [Protocol::Resp2, Protocol::Resp3].map(|protocol| {
            let mut reply = Reply::new(protocol);
            reply.push(words.len());
            words.iter().for_each(|word| reply.bulk(word));
            reply.buffer
        });
        for &place in places {
            let Some(client) = self.clients.at_place(place) else { continue };
            let id = client.id;
            if client.flags.contains(ClientFlags::CLOSE_ASAP) {
                continue;
            }
            let bytes = &encoded[usize::from(client.reply.protocol() == Protocol::Resp3)];
            if self.caller == Some(id) {
                self.own_pushes.extend_from_slice(bytes);
                continue;
            }
            client.reply.buffer.extend_from_slice(bytes);
            self.check_output_limit(id);
            self.mark_pending(id);
        }
    }

    /// Tells the listeners of `__keyspace@db__:key` and `__keyevent@db__:event` what happened during a call.
    #[cold]
    pub(super) fn publish_events(&mut self) {
        let wanted = self.config.notify_keyspace_events;
        for KeyEvent { event, db, key } in std::mem::take(&mut self.effects.events) {
            if wanted.contains(NotifyEvents::KEYSPACE) {
                let channel = [format!("__keyspace@{}__:", db.0).as_bytes(), &key].concat();
                self.publish(Topic::Channel, &channel, event.name.as_bytes());
            }
            if wanted.contains(NotifyEvents::KEYEVENT) {
                let channel = format!("__keyevent@{}__:{}", db.0, event.name);
                self.publish(Topic::Channel, channel.as_bytes(), &key);
            }
        }
    }
}

/// What SUBSCRIBE and its like answer for each name: a push, so that CLIENT REPLY OFF does not hold it back.
fn confirmation(protocol: Protocol, word: &str, name: Option<&[u8]>, count: usize) -> Vec<u8> {
    let mut reply = Reply::new(protocol);
    reply.push(3);
    reply.bulk(word.as_bytes());
    match name {
        Some(name) => reply.bulk(name),
        None => reply.null(),
    }
    reply.integer(count as i64);
    reply.buffer
}
