//! CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO: the client's side of client-side caching.
//!
//! Source: observed replies of 7.0.15. Deviation: prefixes that overlap are refused with one error; the original sends
//! an error *and* an OK, and turns tracking on, unless the first prefix of the list is among them.

use super::client_info::c_text;
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{Client, ClientFlags, ClientId};
use crate::engine::tracking::TrackingOptions;
use crate::numbers::integer::parse_i64;

/// `CLIENT TRACKING ON | OFF [REDIRECT id] [PREFIX prefix]… [BCAST] [OPTIN] [OPTOUT] [NOLOOP]`. O(n²) in prefixes.
pub fn client_tracking(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = parse_options(engine, args)?;
    if args.is(2, "on") {
        check_modes(&options, engine.client(id))?;
        check_prefixes(&options, engine.client(id))?;
        engine.enable_tracking(id, options);
    } else if args.is(2, "off") {
        engine.disable_tracking(id);
    } else {
        return Err(CommandError::Syntax);
    }
    engine.reply(id).ok();
    Ok(Flow::Done)
}

fn parse_options(engine: &Engine, args: Args<'_>) -> Result<TrackingOptions, CommandError> {
    let mut options = TrackingOptions::default();
    let mut at = 3;
    while at < args.len() {
        let value = args.get(at + 1);
        match value {
            Some(value) if args.is(at, "redirect") => {
                if options.redirect.is_some() {
                    let text = "ERR A client can only redirect to a single other client";
                    return Err(CommandError::Text(text));
                }
                let number = parse_i64(value).ok_or(CommandError::NotInteger)?;
                let found = engine.clients.by_number(number as u64);
                let text = "ERR The client ID you want redirect to does not exist";
                options.redirect = Some(found.ok_or(CommandError::Text(text))?);
                at += 1;
            }
            Some(value) if args.is(at, "prefix") => {
                options.prefixes.push(value.to_vec());
                at += 1;
            }
            _ if args.is(at, "bcast") => options.flags.insert(ClientFlags::TRACKING_BCAST),
            _ if args.is(at, "optin") => options.flags.insert(ClientFlags::TRACKING_OPTIN),
            _ if args.is(at, "optout") => options.flags.insert(ClientFlags::TRACKING_OPTOUT),
            _ if args.is(at, "noloop") => options.flags.insert(ClientFlags::TRACKING_NOLOOP),
            _ => return Err(CommandError::Syntax),
        }
        at += 1;
    }
    Ok(options)
}

/// Modes that exclude each other, within the options and against what is on already.
fn check_modes(options: &TrackingOptions, client: &Client) -> Result<(), CommandError> {
    use ClientFlags as F;
    let (new, old) = (options.flags, client.flags);
    let error = match () {
        _ if !new.contains(F::TRACKING_BCAST) && !options.prefixes.is_empty() => {
            "ERR PREFIX option requires BCAST mode to be enabled"
        }
        _ if old.contains(F::TRACKING) && (old ^ new).contains(F::TRACKING_BCAST) => {
            "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then \
             re-enabling it with a different mode."
        }
        _ if new.contains(F::TRACKING_BCAST) && new.intersects(F::TRACKING_OPTIN | F::TRACKING_OPTOUT) => {
            "ERR OPTIN and OPTOUT are not compatible with BCAST"
        }
        _ if new.contains(F::TRACKING_OPTIN | F::TRACKING_OPTOUT) => {
            "ERR You can't specify both OPTIN mode and OPTOUT mode"
        }
        _ if new.contains(F::TRACKING_OPTIN) && old.contains(F::TRACKING_OPTOUT)
            || new.contains(F::TRACKING_OPTOUT) && old.contains(F::TRACKING_OPTIN) =>
        {
            "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then \
             re-enabling it with a different mode."
        }
        _ => return Ok(()),
    };
    Err(CommandError::Text(error))
}

/// No key may fit two prefixes of one client: none may begin with another.
fn check_prefixes(options: &TrackingOptions, client: &Client) -> Result<(), CommandError> {
    let overlap = |a: &[u8], b: &[u8]| a.starts_with(b) || b.starts_with(a);
    let error = |new: &[u8], what: &str, other: &[u8]| {
        let text = [b"ERR Prefix '", c_text(new), b"' overlaps with ", what.as_bytes(), b" prefix '", c_text(other)];
        let text = [text.concat().as_slice(), b"'. Prefixes for a single client must not overlap."].concat();
        Err(CommandError::formatted(text))
    };
    for (at, prefix) in options.prefixes.iter().enumerate() {
        if let Some(old) = client.tracking_prefixes.iter().find(|old| overlap(old, prefix)) {
            return error(prefix, "an existing", old);
        }
        if let Some(other) = options.prefixes[at + 1..].iter().find(|other| overlap(other, prefix)) {
            return error(prefix, "another provided", other);
        }
    }
    Ok(())
}

/// `CLIENT CACHING YES | NO`: whether the next command's keys are tracked. O(1).
pub fn client_caching(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let client = engine.client_mut(id);
    let has = |flag| client.flags.contains(flag);
    let error = match () {
        _ if !has(ClientFlags::TRACKING) => {
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or \
             OPTOUT mode enabled"
        }
        _ if args.is(2, "yes") && !has(ClientFlags::TRACKING_OPTIN) => {
            "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
        }
        _ if args.is(2, "no") && !has(ClientFlags::TRACKING_OPTOUT) => {
            "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
        }
        _ if args.is(2, "yes") || args.is(2, "no") => {
            client.flags.insert(ClientFlags::TRACKING_CACHING);
            client.reply.ok();
            return Ok(Flow::Done);
        }
        _ => return Err(CommandError::Syntax),
    };
    Err(CommandError::Text(error))
}

/// `CLIENT GETREDIR`: the id that invalidations go to, 0 for none, -1 without tracking. O(1).
pub fn client_getredir(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let redirect = redirect_number(engine.client(id));
    engine.reply(id).integer(redirect);
    Ok(Flow::Done)
}

fn redirect_number(client: &Client) -> i64 {
    match client.flags.contains(ClientFlags::TRACKING) {
        true => client.tracking_redirect.map_or(0, |id| id.id as i64),
        false => -1,
    }
}

/// `CLIENT TRACKINGINFO`. O(number of prefixes).
pub fn client_trackinginfo(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let client = engine.client_mut(id);
    let redirect = redirect_number(client);
    let words = tracking_words(client.flags);
    let reply = &mut client.reply;
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(words.len());
    words.iter().for_each(|word| reply.bulk(word.as_bytes()));
    reply.bulk(b"redirect");
    reply.integer(redirect);
    reply.bulk(b"prefixes");
    reply.array(client.tracking_prefixes.len());
    client.tracking_prefixes.iter().for_each(|prefix| reply.bulk(prefix));
    Ok(Flow::Done)
}

fn tracking_words(flags: ClientFlags) -> Vec<&'static str> {
    use ClientFlags as F;
    if !flags.contains(F::TRACKING) {
        return vec!["off"];
    }
    let mut words = vec!["on"];
    let mut add = |condition: bool, word| words.extend(condition.then_some(word));
    let caching = flags.contains(F::TRACKING_CACHING);
    add(flags.contains(F::TRACKING_BCAST), "bcast");
    add(flags.contains(F::TRACKING_OPTIN), "optin");
    add(flags.contains(F::TRACKING_OPTIN) && caching, "caching-yes");
    add(flags.contains(F::TRACKING_OPTOUT), "optout");
    add(flags.contains(F::TRACKING_OPTOUT) && caching, "caching-no");
    add(flags.contains(F::TRACKING_NOLOOP), "noloop");
    add(flags.contains(F::TRACKING_BROKEN_REDIRECT), "broken_redirect");
    words
}
