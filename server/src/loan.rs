//! Scripts that run for too long have the event loop turn: the driver is lent to the engine while commands run.
//!
//! ```text
//!   Server { engine, driver } ── lending ──► driver: LENT      engine.handle_readable(…)
//!                                              │                  └─ a script, for too long: Interrupt::turn(engine)
//!                                              └────────────────────► Server { engine, driver }.turn_within_script()
//! ```
//!
//! The engine calls back from the depth of a script with nothing but itself in hands; what drives it has to be where the
//! callback finds it. It is a box, put into a place of the thread and taken back: two moves of a pointer a command, no lock.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use etalon_core::script::interrupt::Interrupt;
use etalon_core::{Engine, Now};

use crate::clock;
use crate::event_loop::{Driver, Server};

thread_local! {
    /// The driver while it is lent.
    static LENT: Cell<Option<Box<Driver>>> = const { Cell::new(None) };
}

/// The driver, which is here unless it is lent.
pub struct Lendable(Option<Box<Driver>>);

impl Lendable {
    pub fn new(driver: Driver) -> Lendable {
        Lendable(Some(Box::new(driver)))
    }
}

const HERE: &str = "it is lent only while the engine has the thread";

impl Deref for Lendable {
    type Target = Driver;

    #[inline]
    fn deref(&self) -> &Driver {
        self.0.as_deref().expect(HERE)
    }
}

impl DerefMut for Lendable {
    #[inline]
    fn deref_mut(&mut self) -> &mut Driver {
        self.0.as_deref_mut().expect(HERE)
    }
}

impl Server<'_> {
    /// Has the engine do something in which a script may run.
    #[inline]
    pub(crate) fn lending<R>(&mut self, work: impl FnOnce(&mut Engine, Now) -> R) -> R {
        let now = self.driver.now;
        LENT.set(self.driver.0.take());
        let result = work(self.engine, now);
        self.driver.0 = LENT.take();
        result
    }
}

/// Turns the loop when a script has run for too long.
pub struct TurnTheLoop;

impl Interrupt for TurnTheLoop {
    fn now(&mut self) -> Now {
        clock::now()
    }

    fn turn(&mut self, engine: &mut Engine) {
        // Not there if the script was not called by the loop.
        let Some(driver) = LENT.take() else { return };
        let mut server = Server { engine, driver: Lendable(Some(driver)) };
        server.turn_within_script();
        LENT.set(server.driver.0.take());
    }
}
