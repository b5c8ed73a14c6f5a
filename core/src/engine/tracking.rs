//! Client tracking: who may hold a copy of which key, and telling them when it changes.
//!
//! ```text
//!   default mode:  a READONLY call ─► its keys are remembered for the client ─► the first change of a key tells every
//!                  client that it is remembered for, once, and forgets it
//!   BCAST mode:    a change ─► gathered under every prefix that fits ─► told at the end of the turn, a message a prefix
//! ```
//!
//! - Keys are remembered by name alone, whatever the database.
//! - The client that makes a change itself hears of it after its reply (unless NOLOOP).
//! - A flush tells every tracking client `null`: everything is invalid.
//! - A message goes to the client's own connection if that speaks RESP3. Redirected ones go to RESP3 connections as they
//!   are, and to RESP2 connections that listen to anything as messages of `__redis__:invalidate`.
//! - Ids of clients that are gone stay in the table until their keys change.
//!
//! Source: the documentation of client-side caching, and observed messages of 7.0.15.

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use super::client::{ClientFlags, ClientId};
use crate::commands::row::Command;
use crate::commands::stream::read::names_streams;
use crate::commands::{Args, keys};
use crate::keyspace::effects::Touch;
use crate::resp::Protocol;

/// What is remembered for all clients.
#[derive(Clone, Debug, Default)]
pub struct Tracking {
    /// Clients in tracking mode.
    clients: usize,
    /// Default mode: for each key, the clients that have read it.
    keys: BTreeMap<Vec<u8>, BTreeSet<ClientId>>,
    /// BCAST mode: for each prefix, who listens and what changed in this turn.
    prefixes: BTreeMap<Vec<u8>, Prefix>,
    /// For the client whose command is running; `None`: everything. Told after its reply.
    pending: Vec<(ClientId, Option<Vec<u8>>)>,
    /// Whether a prefix has gathered changes.
    broadcasts: bool,
}

#[derive(Clone, Debug, Default)]
struct Prefix {
    clients: BTreeSet<ClientId>,
    /// Changed keys, and who changed each last (NOLOOP).
    changed: BTreeMap<Vec<u8>, Option<ClientId>>,
}

/// What CLIENT TRACKING ON was given.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrackingOptions {
    pub redirect: Option<ClientId>,
    /// Any of BCAST, OPTIN, OPTOUT, NOLOOP.
    pub flags: ClientFlags,
    pub prefixes: Vec<Vec<u8>>,
}

impl Tracking {
    /// Whether changes have to be recorded.
    #[inline]
    pub fn is_active(&self) -> bool {
        self.clients > 0 || !self.keys.is_empty()
    }

    /// Whether the running command's client is to be told something.
    #[inline]
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The running command's client has gone.
    pub(super) fn forget_pending(&mut self) {
        self.pending.clear();
    }

    /// INFO's `tracking_clients`.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// INFO's `tracking_total_keys`.
    pub fn total_keys(&self) -> usize {
        self.keys.len()
    }

    /// INFO's `tracking_total_items`. O(keys).
    pub fn total_items(&self) -> usize {
        self.keys.values().map(BTreeSet::len).sum()
    }

    /// INFO's `tracking_total_prefixes`.
    pub fn total_prefixes(&self) -> usize {
        self.prefixes.len()
    }
}

/// All flags of tracking.
const ALL: ClientFlags = ClientFlags::TRACKING.union(MODES).union(ClientFlags::TRACKING_CACHING);

/// Flags that CLIENT TRACKING ON sets anew.
const MODES: ClientFlags = ClientFlags::TRACKING_BCAST
    .union(ClientFlags::TRACKING_OPTIN)
    .union(ClientFlags::TRACKING_OPTOUT)
    .union(ClientFlags::TRACKING_NOLOOP)
    .union(ClientFlags::TRACKING_BROKEN_REDIRECT);

impl Engine {
    /// Client tracking as INFO sees it.
    pub fn tracking(&self) -> &Tracking {
        &self.tracking
    }

    /// CLIENT TRACKING ON. Prefixes add to those of earlier calls.
    pub(crate) fn enable_tracking(&mut self, id: ClientId, options: TrackingOptions) {
        let client = self.clients.get_mut(id).expect("the client of a running command exists");
        if !client.flags.contains(ClientFlags::TRACKING) {
            self.tracking.clients += 1;
        }
        client.flags.remove(MODES);
        client.flags.insert(ClientFlags::TRACKING | options.flags);
        client.tracking_redirect = options.redirect;
        if options.flags.contains(ClientFlags::TRACKING_BCAST) {
            let everything = options.prefixes.is_empty().then(Vec::new);
            for prefix in options.prefixes.into_iter().chain(everything) {
                self.tracking.prefixes.entry(prefix.clone()).or_default().clients.insert(id);
                client.tracking_prefixes.insert(prefix);
            }
        }
        self.effects.record_touched = true;
    }

    /// CLIENT TRACKING OFF, RESET, or the end of a connection.
    pub(crate) fn disable_tracking(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        if !client.flags.contains(ClientFlags::TRACKING) {
            return;
        }
        client.flags.remove(ALL);
        client.tracking_redirect = None;
        for prefix in std::mem::take(&mut client.tracking_prefixes) {
            if let Some(state) = self.tracking.prefixes.get_mut(&prefix) {
                state.clients.remove(&id);
                if state.clients.is_empty() {
                    self.tracking.prefixes.remove(&prefix);
                }
            }
        }
        self.tracking.clients -= 1;
        self.effects.record_touched = self.tracking.is_active();
    }

    /// A READONLY command ran: remembers its keys for a client in default mode.
    #[cold]
    pub(super) fn remember_tracked_keys(&mut self, id: ClientId, row: &Command, args: Args<'_>) {
        // What a script is given counts once it reads something.
        let runs_script = matches!(row.name, "eval_ro" | "evalsha_ro" | "fcall_ro");
        if runs_script || !self.remembers_for(id) {
            return;
        }
        let mut found = Vec::new();
        if keys::find(row, args, &mut found).is_err() || row.name == "xread" && !names_streams(args) {
            return;
        }
        for key in found {
            self.tracking.keys.entry(args.at(key.position).to_vec()).or_default().insert(id);
        }
        self.limit_tracked_keys();
    }

    /// Whether what a client reads now is remembered for it.
    fn remembers_for(&self, id: ClientId) -> bool {
        use ClientFlags as F;
        let Some(client) = self.clients.get(id) else { return false };
        let flags = client.flags;
        let caching = flags.contains(F::TRACKING_CACHING);
        !(!flags.contains(F::TRACKING)
            || flags.contains(F::TRACKING_BCAST)
            || flags.contains(F::TRACKING_OPTIN) && !caching
            || flags.contains(F::TRACKING_OPTOUT) && caching)
    }

    /// A script has called a READONLY command: 7.0.15 remembers the keys that the script was given, not those it reads.
    #[cfg(feature = "lua")]
    #[cold]
    pub(super) fn remember_script_keys(&mut self, id: ClientId) {
        if !self.remembers_for(id) {
            return;
        }
        let Some(keys) = self.scripts.running.as_ref().map(|running| running.keys.clone()) else { return };
        for key in keys.as_args().iter() {
            self.tracking.keys.entry(key.to_vec()).or_default().insert(id);
        }
        self.limit_tracked_keys();
    }

    /// Keeps to `tracking-table-max-keys`: keys are invalidated as if they had changed.
    fn limit_tracked_keys(&mut self) {
        let max = self.config.tracking_table_max_keys as usize;
        while max > 0 && self.tracking.keys.len() > max {
            let from = self.rng.next_u64().to_be_bytes();
            let keys = &self.tracking.keys;
            let victim = keys.range(from.to_vec()..).next().or_else(|| keys.first_key_value());
            let key = victim.expect("the table is over its limit, so not empty").0.clone();
            self.invalidate_key(&key, None);
        }
    }

    /// Tells of the keys that a call has changed. `caller`: whose call it was.
    #[cold]
    pub(super) fn invalidate_touched(&mut self, caller: Option<ClientId>) {
        let touched = std::mem::take(&mut self.effects.touched);
        for touch in touched.iter().filter(|touch| touch.how == Touch::Key) {
            for (prefix, state) in &mut self.tracking.prefixes {
                if touch.key.starts_with(prefix) {
                    state.changed.insert(touch.key.to_vec(), caller);
                    self.tracking.broadcasts = true;
                }
            }
            self.invalidate_key(&touch.key, caller);
        }
        self.effects.touched = touched;
        if self.effects.flushed {
            self.invalidate_everything(caller);
        }
        self.effects.record_touched = self.tracking.is_active();
    }

    fn invalidate_key(&mut self, key: &[u8], caller: Option<ClientId>) {
        use ClientFlags as F;
        let Some(ids) = self.tracking.keys.remove(key) else { return };
        for id in ids {
            let Some(client) = self.clients.get(id) else { continue };
            if !client.flags.contains(F::TRACKING) || client.flags.contains(F::TRACKING_BCAST) {
                continue;
            }
            if caller != Some(id) {
                self.send_invalidation(id, &[key]);
            } else if !client.flags.contains(F::TRACKING_NOLOOP) {
                self.tracking.pending.push((id, Some(key.to_vec())));
            }
        }
    }

    fn invalidate_everything(&mut self, caller: Option<ClientId>) {
        for id in self.tracking_clients() {
            if caller == Some(id) {
                self.tracking.pending.push((id, None));
            } else {
                self.send_invalidation(id, &[]);
            }
        }
        self.tracking.keys.clear();
    }

    fn tracking_clients(&self) -> Vec<ClientId> {
        let tracking = self.clients.iter().filter(|c| c.flags.contains(ClientFlags::TRACKING));
        tracking.map(|c| c.id).collect()
    }

    /// The caller's reply is complete: now it hears of its own changes.
    #[cold]
    pub(super) fn send_pending_invalidations(&mut self, caller: ClientId) {
        for (id, key) in std::mem::take(&mut self.tracking.pending) {
            match key {
                // Of a transaction that goes on: it has just unblocked this client.
                _ if id != caller => self.tracking.pending.push((id, key)),
                Some(key) => self.send_invalidation(id, &[&key]),
                None => self.send_invalidation(id, &[]),
            }
        }
    }

    /// The turn ends: listeners to prefixes hear what changed.
    #[inline]
    pub(super) fn send_broadcasts(&mut self) {
        if self.tracking.broadcasts {
            self.send_gathered_broadcasts();
        }
    }

    #[cold]
    fn send_gathered_broadcasts(&mut self) {
        self.tracking.broadcasts = false;
        let mut gathered = Vec::new();
        for state in self.tracking.prefixes.values_mut() {
            if !state.changed.is_empty() {
                gathered.push((std::mem::take(&mut state.changed), state.clients.clone()));
            }
        }
        for (changed, clients) in gathered {
            for id in clients {
                let Some(client) = self.clients.get(id) else { continue };
                let no_loop = client.flags.contains(ClientFlags::TRACKING_NOLOOP);
                let is_told = |by: &Option<ClientId>| !(no_loop && *by == Some(id));
                let keys: Vec<&[u8]> =
                    changed.iter().filter(|(_, by)| is_told(by)).map(|(key, _)| key.as_slice()).collect();
                if !keys.is_empty() {
                    self.send_invalidation(id, &keys);
                }
            }
        }
    }

    /// Tells a tracking client, or the one it redirects to, that keys are invalid; none: all are.
    fn send_invalidation(&mut self, id: ClientId, keys: &[&[u8]]) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let mut target = id;
        // Perhaps to itself.
        let is_redirected = client.tracking_redirect.is_some();
        if let Some(redirect) = client.tracking_redirect {
            if self.clients.get(redirect).is_none() {
                return self.report_broken_redirect(id, redirect);
            }
            target = redirect;
        }
        let Some(client) = self.clients.get_mut(target) else { return };
        let listens = is_redirected && client.flags.contains(ClientFlags::PUBSUB);
        if client.flags.contains(ClientFlags::CLOSE_ASAP) {
            return;
        }
        if client.reply.protocol() == Protocol::Resp3 {
            client.reply.push(2);
            client.reply.bulk(b"invalidate");
        } else if listens {
            client.reply.push(3);
            client.reply.bulk(b"message");
            client.reply.bulk(b"__redis__:invalidate");
        } else {
            return;
        }
        if keys.is_empty() {
            client.reply.null();
        } else {
            client.reply.array(keys.len());
            keys.iter().for_each(|key| client.reply.bulk(key));
        }
        self.check_output_limit(target);
        self.mark_pending(target);
    }

    /// The client that invalidations are redirected to is gone.
    fn report_broken_redirect(&mut self, id: ClientId, redirect: ClientId) {
        let client = self.client_mut(id);
        client.flags.insert(ClientFlags::TRACKING_BROKEN_REDIRECT);
        if client.reply.protocol() == Protocol::Resp3 {
            client.reply.push(2);
            client.reply.bulk(b"tracking-redir-broken");
            client.reply.integer(redirect.id as i64);
            self.mark_pending(id);
        }
    }
}
