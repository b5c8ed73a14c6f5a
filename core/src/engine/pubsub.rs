//! Publish and subscribe: who listens to which channel or pattern, and the delivery of messages.
//!
//! ```text
//!   channels, shard channels:  name ─► clients           a client knows its own names, to count and to leave them
//!   patterns:                  pattern ─► clients        every message is matched against every pattern
//! ```
//!
//! - A message is encoded once for each protocol and copied into the outputs of its receivers: O(receivers + patterns).
//! - Messages reach the client whose command sends them, too, and before that command's own reply.
//! - What a keyspace event says to its listeners goes the same way ([`publish_events`](Engine::publish_events)).
//! - A RESP2 connection that has a subscription may only say a few commands (admission).
//!
//! Source: observed behaviour of 7.0.15. Where the order is that of a hash table there (names when all are left, patterns of
//! one message), it is the order of the bytes here.

use std::collections::{BTreeMap, BTreeSet};

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

/// Names and their listeners.
type Listeners = BTreeMap<Box<[u8]>, BTreeSet<ClientId>>;

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
    pub channels: BTreeSet<Box<[u8]>>,
    pub patterns: BTreeSet<Box<[u8]>>,
    pub shard_channels: BTreeSet<Box<[u8]>>,
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
        self.listeners(topic).get(name).map_or(0, BTreeSet::len)
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
    fn of(&mut self, topic: Topic) -> &mut BTreeSet<Box<[u8]>> {
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
        let client = self.client_mut(id);
        let subscriptions = client.subscriptions.get_or_insert_default();
        let is_new = subscriptions.of(topic).insert(name.into());
        let count = subscriptions.counted(topic);
        client.flags.insert(ClientFlags::PUBSUB);
        let confirmation = confirmation(client.reply.protocol(), topic.words().0, Some(name), count);
        self.own_pushes.extend_from_slice(&confirmation);
        if is_new {
            self.pubsub.listeners_mut(topic).entry(name.into()).or_default().insert(id);
        }
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
        if let Some(clients) = listeners.get_mut(name) {
            clients.remove(&id);
            if clients.is_empty() {
                listeners.remove(name);
            }
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
        if let Some(clients) = self.pubsub.listeners(topic).get(channel) {
            let clients: Vec<ClientId> = clients.iter().copied().collect();
            receivers += clients.len();
            self.deliver(&clients, &[word.as_bytes(), channel, message]);
        }
        if topic == Topic::Channel && !self.pubsub.patterns.is_empty() {
            let fitting = self.pubsub.patterns.iter().filter(|(pattern, _)| glob::matches(pattern, channel, false));
            let fitting: Vec<(Box<[u8]>, Vec<ClientId>)> =
                fitting.map(|(pattern, clients)| (pattern.clone(), clients.iter().copied().collect())).collect();
            for (pattern, clients) in fitting {
                receivers += clients.len();
                self.deliver(&clients, &[b"pmessage", &pattern, channel, message]);
            }
        }
        receivers
    }

    /// Appends a push to the output of each client.
    fn deliver(&mut self, clients: &[ClientId], words: &[&[u8]]) {
        let encoded = [Protocol::Resp2, Protocol::Resp3].map(|protocol| {
            let mut reply = Reply::new(protocol);
            reply.push(words.len());
            words.iter().for_each(|word| reply.bulk(word));
            reply.buffer
        });
        for &id in clients {
            let Some(client) = self.clients.get_mut(id) else { continue };
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
