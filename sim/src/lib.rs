//! The simulator: the real engine in a world that a seed decides.
//!
//! One node and several clients. The clock jumps from event to event; bytes are split, joined and delayed; connections break at
//! any byte; the wall clock steps forward and back. The engine's answers are checked against a naive model, its
//! accounting against a recount, and the whole run against itself: the same seed gives the same trace.
//!
//! - [`plan`]: from a seed to a list of steps (swarm: each seed draws its own mix).
//! - [`world`]: runs a plan: clock, network, node, clients.
//! - [`model`]: what Redis would answer, written as plainly as possible.
//! - [`trace`], [`diagram`]: what happened, as rows and as a picture.
//! - [`shrink`]: the shortest list of steps that still fails.
//! - [`queues`]: a workload of its own: clients that wait for lists.
//! - [`disk`], [`crashes`]: a disk that fails and crashes, and the profile that recovers from it; [`image`]: data sets compared.
//! - [`campaign`]: many seeds on all cores, and the marks that they must reach.

pub mod campaign;
pub mod clock;
pub mod crashes;
pub mod diagram;
pub mod disk;
pub mod image;
pub mod marks;
pub mod model;
pub mod network;
pub mod plan;
pub mod queues;
pub mod shrink;
pub mod trace;
pub mod world;

pub use plan::Plan;
pub use world::{Failure, Report, run_plan};
