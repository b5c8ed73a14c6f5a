//! What DEBUG has switched, beside what belongs to the cron and to lookups.

/// States that only DEBUG changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugSwitches {
    /// DEBUG SET-DISABLE-DENY-SCRIPTS: scripts may call what they otherwise may not.
    pub deny_scripts_disabled: bool,
    /// DEBUG QUICKLIST-PACKED-THRESHOLD: larger elements of lists get a node of their own, bytes.
    pub quicklist_packed_threshold_bytes: u64,
    /// DEBUG REPLYBUFFER RESIZING: whether the buffers of idle clients are given back.
    pub reply_buffer_resizing: bool,
    /// DEBUG REPLYBUFFER PEAK-RESET-TIME, milliseconds; negative: never. No peak is kept, so it only stands here.
    pub reply_buffer_peak_reset_ms: i64,
}

impl DebugSwitches {
    pub const QUICKLIST_PACKED_THRESHOLD_BYTES: u64 = 1 << 30;
    pub const REPLY_BUFFER_PEAK_RESET_MS: i64 = 5000;
}

impl Default for DebugSwitches {
    fn default() -> DebugSwitches {
        DebugSwitches {
            deny_scripts_disabled: false,
            quicklist_packed_threshold_bytes: DebugSwitches::QUICKLIST_PACKED_THRESHOLD_BYTES,
            reply_buffer_resizing: true,
            reply_buffer_peak_reset_ms: DebugSwitches::REPLY_BUFFER_PEAK_RESET_MS,
        }
    }
}
