//! What the benches share: servers started for a measurement, and what the system says that they used; an engine in process; big
//! keys.

pub mod big_keys;
pub mod load;
pub mod process;
pub mod world;
