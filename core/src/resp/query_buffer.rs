//! What a connection has sent and the engine has not executed yet.
//!
//! ```text
//!   bytes:  |consumed....|unconsumed...............|spare (initialised, overwritten by the next read)|
//!           0          start                      end                                            len
//! ```
//!
//! The driver reads the socket straight into the spare part. The vector's length is its whole storage, so that a read
//! never has to initialise memory twice. Consuming moves `start`; when everything is consumed both return to 0, and
//! otherwise the rest is moved down only when room is needed.
//!
//! Most connections hold nothing between two reads. So there is one storage for all of them, lent to a connection for
//! the time of a read and of the commands that came with it ([`QueryBuffer::borrow_storage`]); only one that has sent much
//! of a request and not the rest keeps what it has. Ten thousand connections cost no more than what they have sent, and
//! the bytes of one request after the other pass through memory that is in the processor's cache.
//! (Redis 7.0 gives every connection 16 KiB and takes them back after two idle seconds.)

/// Bytes offered to one read when nothing larger is announced. Redis's PROTO_IOBUF_LEN.
const READ_BYTES: usize = 16 * 1024;

/// A connection that holds no more than this gives large storage back. Its bytes are copied, so they are few.
const HELD_BYTES: usize = 1024;
/// Larger storage is not kept for the next connection.
const LENT_BYTES_MAX: usize = 64 * 1024;

/// A byte queue with contiguous contents.
#[derive(Clone, Debug, Default)]
pub struct QueryBuffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// The largest number of bytes held since the peak was last reset (CLIENT LIST and resizing look at it).
    peak_bytes: usize,
}

impl QueryBuffer {
    pub fn new() -> QueryBuffer {
        QueryBuffer::default()
    }

    /// The unconsumed bytes.
    pub fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub fn len(&self) -> usize {
        self.end - self.start
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Bytes of storage.
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Most bytes held at once since the last [`release`](Self::release).
    pub fn peak_bytes(&self) -> usize {
        self.peak_bytes
    }

    /// Room for the next read: at least 16 KiB, and growing with what is already there, so that a large request is
    /// read in few calls. Amortised O(1) a byte.
    pub fn spare(&mut self) -> &mut [u8] {
        if self.bytes.len() - self.end < READ_BYTES {
            self.make_room();
        }
        let end = self.end;
        &mut self.bytes[end..]
    }

    /// The driver wrote `count` bytes at the beginning of [`spare`](Self::spare).
    pub fn filled(&mut self, count: usize) {
        assert!(count <= self.bytes.len() - self.end, "the driver claims more bytes than it was offered");
        self.end += count;
        self.peak_bytes = self.peak_bytes.max(self.len());
    }

    /// Appends bytes (for drivers that have them already).
    pub fn extend(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let spare = self.spare();
            let count = spare.len().min(data.len());
            spare[..count].copy_from_slice(&data[..count]);
            self.filled(count);
            data = &data[count..];
        }
    }

    /// Takes over the storage of `shared`, which is empty, if it is the larger one. The contents stay.
    #[inline]
    pub fn borrow_storage(&mut self, shared: &mut QueryBuffer) {
        debug_assert!(shared.is_empty(), "the shared buffer holds nothing of its own");
        if self.bytes.len() < shared.bytes.len() {
            let held = self.len();
            let own = std::mem::replace(&mut self.bytes, std::mem::take(&mut shared.bytes));
            self.bytes[..held].copy_from_slice(&own[self.start..self.end]);
            (self.start, self.end) = (0, held);
        }
    }

    /// Leaves large storage to `shared` if little or nothing is held. The contents stay.
    #[inline]
    pub fn return_storage(&mut self, shared: &mut QueryBuffer) {
        if self.bytes.len() < READ_BYTES || self.len() > HELD_BYTES {
            return;
        }
        let held = self.data().to_vec();
        (self.start, self.end) = (0, held.len());
        let storage = std::mem::replace(&mut self.bytes, held);
        if storage.len() > shared.bytes.len() && storage.len() <= LENT_BYTES_MAX {
            shared.bytes = storage;
        }
    }

    /// Drops the first `count` unconsumed bytes.
    pub fn consume(&mut self, count: usize) {
        self.start += count;
        assert!(self.start <= self.end, "consumed more than there is");
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Gives the storage back when it is empty, or what exceeds the contents twice over.
    pub fn release(&mut self) {
        self.peak_bytes = self.len();
        if self.is_empty() {
            *self = QueryBuffer::default();
        } else if self.bytes.len() > 2 * self.len() + READ_BYTES {
            let kept = self.data().to_vec();
            self.end = kept.len();
            self.start = 0;
            self.bytes = kept;
        }
    }

    /// Gives back what a large request needed, if since the last call no more than a quarter of the storage was in use.
    /// For connections that are too busy to be [`release`](Self::release)d.
    pub fn shrink(&mut self) {
        /// Storage that isn't worth the work.
        const KEPT_BYTES: usize = 4 * READ_BYTES;
        if self.bytes.len() > KEPT_BYTES && self.peak_bytes < self.bytes.len() / 4 {
            self.release();
        }
        self.peak_bytes = self.len();
    }

    fn make_room(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.bytes.len() - self.end < READ_BYTES {
            // Doubling keeps the copying of a large request linear.
            let size = (self.end + READ_BYTES).max(self.end * 2);
            let mut grown = vec![0; size];
            grown[..self.end].copy_from_slice(&self.bytes[..self.end]);
            self.bytes = grown;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_in_order_whatever_the_splits() {
        let mut buffer = QueryBuffer::new();
        let mut expected = Vec::new();
        let mut out = Vec::new();
        for round in 0..200usize {
            let chunk: Vec<u8> = (0..round * 97 % 5000).map(|i| (i * 7 + round) as u8).collect();
            buffer.extend(&chunk);
            expected.extend_from_slice(&chunk);
            let take = buffer.len() * (round % 4) / 3;
            let take = take.min(buffer.len());
            out.extend_from_slice(&buffer.data()[..take]);
            buffer.consume(take);
            if round % 50 == 0 {
                buffer.release();
            }
        }
        out.extend_from_slice(buffer.data());
        assert_eq!(out, expected);
    }

    #[test]
    fn storage_is_lent_and_the_bytes_stay() {
        let mut shared = QueryBuffer::new();
        let mut expected = Vec::new();
        let mut buffer = QueryBuffer::new();
        for round in 0..100usize {
            buffer.borrow_storage(&mut shared);
            let chunk: Vec<u8> = (0..round * 131 % 3000).map(|at| (at + round) as u8).collect();
            buffer.extend(&chunk);
            expected.extend_from_slice(&chunk);
            let kept = round * 37 % 2000;
            let taken = buffer.len().saturating_sub(kept);
            buffer.consume(taken);
            expected.drain(..taken);
            buffer.return_storage(&mut shared);
            assert_eq!(buffer.data(), expected);
            if buffer.len() <= HELD_BYTES && round > 0 {
                assert!(buffer.capacity() <= HELD_BYTES, "little is held in little memory");
                assert!(shared.capacity() >= READ_BYTES, "the storage came back");
            }
        }
    }

    #[test]
    fn a_busy_buffer_forgets_a_large_request() {
        let mut buffer = QueryBuffer::new();
        buffer.extend(&[1; 1_000_000]);
        buffer.consume(1_000_000);
        buffer.shrink();
        assert!(buffer.capacity() >= 1_000_000, "it was needed until now");
        buffer.extend(&[2; 100]);
        buffer.shrink();
        assert!(buffer.capacity() < 100_000, "{}", buffer.capacity());
        assert_eq!(buffer.data(), [2; 100]);
    }

    #[test]
    fn an_empty_buffer_released_holds_no_memory() {
        let mut buffer = QueryBuffer::new();
        buffer.extend(&[1; 100_000]);
        buffer.consume(100_000);
        buffer.release();
        assert_eq!(buffer.capacity(), 0);
    }
}
