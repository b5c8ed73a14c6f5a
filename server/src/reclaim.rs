//! Gives memory back on a thread of its own: frees discarded data, and returns free memory to the system.
//!
//! The C library's allocator keeps freed memory that is not at the end of its heap until it is asked to give it up
//! (`malloc_trim`). It is asked after a flush, and when the engine has come to hold much less than it did. The thread is
//! started when it is first needed.

use std::sync::Arc;

use etalon_core::keyspace::Discarded;

use crate::handover::Handover;
use crate::os;

/// Memory is returned once the engine holds that much less than it did, in bytes…
const TRIM_BYTES: usize = 16 << 20;
/// …and that part of it (one half).
const TRIM_PART: usize = 2;

enum Job {
    Free(Discarded),
    ReturnMemory,
}

/// The giving side.
pub struct Reclaimer {
    jobs: Option<Arc<Handover<Job>>>,
    /// Most bytes that the engine held since memory was last returned.
    peak_bytes: usize,
}

impl Reclaimer {
    pub fn new() -> Reclaimer {
        Reclaimer { jobs: None, peak_bytes: 0 }
    }

    /// Frees the data elsewhere.
    pub fn free(&mut self, discarded: Discarded) {
        self.give(Job::Free(discarded));
    }

    /// Looks at how much the engine holds, now and then.
    pub fn observe(&mut self, used_bytes: usize) {
        self.peak_bytes = self.peak_bytes.max(used_bytes);
        if self.peak_bytes - used_bytes >= TRIM_BYTES && used_bytes <= self.peak_bytes / TRIM_PART {
            self.peak_bytes = used_bytes;
            self.give(Job::ReturnMemory);
        }
    }

    fn give(&mut self, job: Job) {
        if self.jobs.is_none() {
            self.jobs = start();
        }
        match &self.jobs {
            Some(jobs) => jobs.give(job),
            // No thread to be had: here and now, then.
            None => do_job(job),
        }
    }
}

fn start() -> Option<Arc<Handover<Job>>> {
    let jobs = Arc::new(Handover::new());
    let taken = Arc::clone(&jobs);
    let thread = std::thread::Builder::new().name("reclaim".into()).stack_size(256 * 1024);
    thread
        .spawn(move || {
            while let Some(job) = taken.take() {
                do_job(job);
            }
        })
        .ok()?;
    Some(jobs)
}

fn do_job(job: Job) {
    if let Job::Free(discarded) = job {
        drop(discarded);
    }
    os::return_free_memory();
}
