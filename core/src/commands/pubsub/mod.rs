//! The pubsub family. Who listens to what, and the delivery, are the engine's (`engine/pubsub.rs`).

pub mod rows;

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{ClientFlags, ClientId};
use crate::engine::pubsub::Topic;
use crate::glob;

/// `SUBSCRIBE channel…`. O(log n) a channel.
pub fn subscribe(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    subscribe_to(engine, id, Topic::Channel, args)
}

/// `PSUBSCRIBE pattern…`. O(log n) a pattern.
pub fn psubscribe(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    subscribe_to(engine, id, Topic::Pattern, args)
}

/// `SSUBSCRIBE shard-channel…`. O(log n) a channel. Errors: inside of a transaction, unlike its elder siblings.
pub fn ssubscribe(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    if engine.client(id).flags.contains(ClientFlags::DENY_BLOCKING) {
        return Err(CommandError::Text("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"));
    }
    subscribe_to(engine, id, Topic::ShardChannel, args)
}

fn subscribe_to(engine: &mut Engine, id: ClientId, topic: Topic, args: Args<'_>) -> Result<Flow, CommandError> {
    args.from(1).iter().for_each(|name| engine.subscribe(id, topic, name));
    Ok(Flow::Done)
}

/// `UNSUBSCRIBE [channel…]`. O(log n) a channel; without any, of every channel.
pub fn unsubscribe(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    unsubscribe_from(engine, id, Topic::Channel, args)
}

/// `PUNSUBSCRIBE [pattern…]`. O(log n) a pattern; without any, of every pattern.
pub fn punsubscribe(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    unsubscribe_from(engine, id, Topic::Pattern, args)
}

/// `SUNSUBSCRIBE [shard-channel…]`. O(log n) a channel; without any, of every shard channel.
pub fn sunsubscribe(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    unsubscribe_from(engine, id, Topic::ShardChannel, args)
}

fn unsubscribe_from(engine: &mut Engine, id: ClientId, topic: Topic, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() == 1 {
        engine.unsubscribe_all(id, topic);
    }
    args.from(1).iter().for_each(|name| engine.unsubscribe(id, topic, name));
    Ok(Flow::Done)
}

/// `PUBLISH channel message`. O(receivers + patterns). How many received it here.
pub fn publish(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    publish_to(engine, id, Topic::Channel, args)
}

/// `SPUBLISH shard-channel message`. O(receivers). How many received it here.
pub fn spublish(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    publish_to(engine, id, Topic::ShardChannel, args)
}

fn publish_to(engine: &mut Engine, id: ClientId, topic: Topic, args: Args<'_>) -> Result<Flow, CommandError> {
    let receivers = engine.publish(topic, args.at(1), args.at(2));
    engine.effects.propagate_to_replicas();
    engine.reply(id).integer(receivers as i64);
    Ok(Flow::Done)
}

/// `PUBSUB CHANNELS [pattern]`. O(channels).
pub fn pubsub_channels(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    names(engine, id, Topic::Channel, args)
}

/// `PUBSUB SHARDCHANNELS [pattern]`. O(shard channels).
pub fn pubsub_shardchannels(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    names(engine, id, Topic::ShardChannel, args)
}

fn names(engine: &mut Engine, id: ClientId, topic: Topic, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() > 3 {
        return Err(CommandError::formatted(format!(
            "ERR unknown subcommand or wrong number of arguments for '{}'. Try PUBSUB HELP.",
            String::from_utf8_lossy(args.at(1))
        )));
    }
    let fits = |name: &&[u8]| args.get(2).is_none_or(|pattern| glob::matches(pattern, name, false));
    let found: Vec<Vec<u8>> = engine.pubsub.names(topic).filter(fits).map(<[u8]>::to_vec).collect();
    let reply = engine.reply(id);
    reply.array(found.len());
    found.iter().for_each(|name| reply.bulk(name));
    Ok(Flow::Done)
}

/// `PUBSUB NUMSUB [channel…]`. O(log n) a channel.
pub fn pubsub_numsub(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    listeners(engine, id, Topic::Channel, args)
}

/// `PUBSUB SHARDNUMSUB [shard-channel…]`. O(log n) a channel.
pub fn pubsub_shardnumsub(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    listeners(engine, id, Topic::ShardChannel, args)
}

fn listeners(engine: &mut Engine, id: ClientId, topic: Topic, args: Args<'_>) -> Result<Flow, CommandError> {
    let names = args.from(2);
    engine.reply(id).array(2 * names.len());
    for name in names.iter() {
        let count = engine.pubsub.listeners_of(topic, name);
        let reply = engine.reply(id);
        reply.bulk(name);
        reply.integer(count as i64);
    }
    Ok(Flow::Done)
}

/// `PUBSUB NUMPAT`. O(1).
pub fn pubsub_numpat(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let count = engine.pubsub.count(Topic::Pattern);
    engine.reply(id).integer(count as i64);
    Ok(Flow::Done)
}

/// `PUBSUB HELP`. O(1).
pub fn pubsub_help(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).help(
        "PUBSUB",
        &[
            "CHANNELS [<pattern>]",
            "    Return the currently active channels matching a <pattern> (default: '*').",
            "NUMPAT",
            "    Return number of subscriptions to patterns.",
            "NUMSUB [<channel> ...]",
            "    Return the number of subscribers for the specified channels, excluding",
            "    pattern subscriptions(default: no channels).",
            "SHARDCHANNELS [<pattern>]",
            "    Return the currently active shard level channels matching a <pattern> (default: '*').",
            "SHARDNUMSUB [<shardchannel> ...]",
            "    Return the number of subscribers for the specified shard level channel(s)",
        ],
    );
    Ok(Flow::Done)
}
