//! MONITOR: this connection is shown every command from now on.

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{ClientFlags, ClientId};

/// `MONITOR`. O(1). A second one has no reply. Errors: inside of a transaction.
pub fn monitor(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    if engine.client(id).flags.contains(ClientFlags::DENY_BLOCKING) {
        return Err(CommandError::Text("ERR MONITOR isn't allowed for DENY BLOCKING client"));
    }
    if engine.start_monitoring(id) {
        engine.reply(id).ok();
    }
    Ok(Flow::Done)
}
