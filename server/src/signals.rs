//! Signals, turned into events of the loop.
//!
//! | signal | what it does |
//! |---|---|
//! | SIGTERM | shuts down, exit code 0 |
//! | SIGINT | the same; a second one while the first is still being dealt with ends the process at once, code 1 |
//! | SIGPIPE, SIGHUP | nothing |

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use etalon_core::engine::shutdown::ShutdownSignal;
use mio::net::UnixStream;
use mio::{Interest, Registry, Token};
use signal_hook::consts::{SIGHUP, SIGINT, SIGPIPE, SIGTERM};

use crate::os;

/// What signals ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// End in order.
    Shutdown(ShutdownSignal),
}

/// Signals that arrived and have not been looked at.
pub struct Signals {
    pipe: UnixStream,
    terminate: Arc<AtomicBool>,
    interrupt: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers. Errors: the operating system refused a pipe or a handler.
    pub fn install(registry: &Registry, token: Token) -> io::Result<Signals> {
        os::ignore_signal(SIGPIPE);
        os::ignore_signal(SIGHUP);
        let (terminate, interrupt) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (mut pipe, writer) = UnixStream::pair()?;
        let writer = OwnedFd::from(std::os::unix::net::UnixStream::from(writer));
        // While the loop is stuck in one long command the second SIGINT must still end the process.
        signal_hook::flag::register_conditional_shutdown(SIGINT, 1, Arc::clone(&interrupt))?;
        for (signal, flag) in [(SIGTERM, &terminate), (SIGINT, &interrupt)] {
            signal_hook::flag::register(signal, Arc::clone(flag))?;
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        registry.register(&mut pipe, token, Interest::READABLE)?;
        Ok(Signals { pipe, terminate, interrupt })
    }

    /// What has been asked for since the last call.
    pub fn take(&mut self) -> Option<Wish> {
        let mut drained = [0; 64];
        while matches!(self.pipe.read(&mut drained), Ok(count) if count > 0) {}
        if self.interrupt.load(Ordering::Relaxed) {
            Some(Wish::Shutdown(ShutdownSignal::Interrupt))
        } else if self.terminate.load(Ordering::Relaxed) {
            Some(Wish::Shutdown(ShutdownSignal::Terminate))
        } else {
            None
        }
    }
}
