//! A client that walks all keys with SCAN, and the guarantee that it checks: whatever was there throughout is returned.

use std::collections::BTreeSet;

use super::connection::{Connection, bulk_elements, reply_length};
use super::{Checked, World};
use crate::network::Cut;
use crate::trace::{Actor, printable};

/// A walk under way.
pub struct Scan {
    db: usize,
    count: u32,
    calls: u32,
    /// Keys that have been there since the first call was executed; `None` before that.
    throughout: Option<BTreeSet<Vec<u8>>>,
    /// Keys that were there at some time since.
    ever: BTreeSet<Vec<u8>>,
    returned: BTreeSet<Vec<u8>>,
    keys_at_start: usize,
}

impl World<'_> {
    pub(super) fn begin_scan(&mut self, client: usize, count: u32) {
        let Some(connection) = &mut self.clients[client] else { return };
        if connection.scan.is_some() || connection.ending {
            return;
        }
        connection.scan = Some(Scan {
            db: 0,
            count,
            calls: 0,
            throughout: None,
            ever: BTreeSet::new(),
            returned: BTreeSet::new(),
            keys_at_start: 0,
        });
        self.send_scan(client, b"0", count);
    }

    fn send_scan(&mut self, client: usize, cursor: &[u8], count: u32) {
        let command = vec![b"SCAN".to_vec(), cursor.to_vec(), b"COUNT".to_vec(), count.to_string().into_bytes()];
        self.send(client, &command, false, Cut::Whole);
    }

    /// A call of SCAN is being executed now.
    pub(super) fn scan_executed(&mut self, connection: &mut Connection) {
        let now_ms = self.clock.now().unix_ms().0;
        let db = connection.session.db;
        let live: BTreeSet<Vec<u8>> = self.model.live(db, now_ms).into_iter().collect();
        let Some(scan) = &mut connection.scan else { return };
        scan.calls += 1;
        match &mut scan.throughout {
            None => {
                scan.db = db;
                scan.keys_at_start = live.len();
                scan.ever = live.clone();
                scan.throughout = Some(live);
            }
            Some(throughout) => {
                let before = throughout.len();
                throughout.retain(|key| live.contains(key));
                self.marks.sometimes(throughout.len() < before, "a key expired while a scan was under way");
                scan.ever.extend(live);
            }
        }
    }

    /// A command has been executed: every walk under way notes which keys are still there. `current` is the connection
    /// that executed it, and is not in the list of clients meanwhile.
    pub(super) fn scans_notice(&mut self, current: &mut Connection) {
        let now_ms = self.clock.now().unix_ms().0;
        let others = self.clients.iter_mut().flatten();
        for connection in others.chain(std::iter::once(current)) {
            let session_db = connection.session.db;
            let Some(scan) = &mut connection.scan else { continue };
            let Some(throughout) = &mut scan.throughout else { continue };
            if session_db != scan.db {
                // The walk goes on in another database: nothing is promised any more.
                throughout.clear();
            }
            let live = self.model.live(scan.db, now_ms);
            let set: BTreeSet<&Vec<u8>> = live.iter().collect();
            throughout.retain(|key| set.contains(key));
            scan.ever.extend(live.iter().cloned());
            if session_db != scan.db {
                scan.ever.extend(self.model.live(session_db, now_ms));
            }
        }
    }

    /// The reply to a call of SCAN has arrived.
    pub(super) fn scan_answered(&mut self, client: usize, reply: &[u8]) -> Checked {
        let malformed = || self.fail(format!("not a reply of SCAN: {}", printable(reply)));
        let head = b"*2\r\n".len();
        let cursor_length = reply_length(reply.get(head..).unwrap_or(b"")).ok_or_else(malformed)?;
        let cursor_bytes = &reply[head..head + cursor_length];
        let digits = cursor_bytes.split(|&b| b == b'\n').nth(1).and_then(|d| d.strip_suffix(b"\r"));
        let cursor = digits.ok_or_else(malformed)?.to_vec();
        let keys = bulk_elements(&reply[head + cursor_length..]).ok_or_else(malformed)?;
        let connection = self.clients[client].as_mut().expect("the client got a reply");
        let scan = connection.scan.as_mut().expect("a scan is under way");
        let invented = keys.iter().find(|key| !scan.ever.contains(*key)).map(|key| printable(key));
        scan.returned.extend(keys);
        if let Some(key) = invented {
            return Err(self.fail(format!("SCAN of c{} returned {key}, which never was there", client + 1)));
        }
        if cursor != b"0" {
            let count = scan.count;
            self.send_scan(client, &cursor, count);
            return Ok(());
        }
        let scan = connection.scan.take().expect("a scan is under way");
        let throughout = scan.throughout.unwrap_or_default();
        if let Some(missed) = throughout.iter().find(|key| !scan.returned.contains(*key)) {
            let what = format!("SCAN of c{} missed {}, which was there throughout", client + 1, printable(missed));
            return Err(self.fail(what));
        }
        let keys_now = self.model.dbs[scan.db].len();
        self.marks.sometimes(scan.calls > 1, "a scan took more than one call");
        self.marks.sometimes(scan.calls > 1 && keys_now > scan.keys_at_start, "a scan met a growing table");
        self.marks.sometimes(scan.calls > 1 && keys_now < scan.keys_at_start, "a scan met a shrinking table");
        let (calls, returned) = (scan.calls, scan.returned.len());
        self.row(Actor::Client(client), None, || format!("has scanned {returned} keys in {calls} calls"));
        Ok(())
    }
}
