//! What the benches share: servers started for a measurement, and what the system says that they used.

pub mod load;
pub mod process;
