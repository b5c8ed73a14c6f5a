//! The geo family: points on the earth, kept as the scores of a sorted set; see [`geohash`](crate::structures::geohash).
//!
//! - [`add`]: GEOADD. [`read`](mod@read): GEOPOS, GEOHASH, GEODIST.
//! - [`search`]: GEOSEARCH, GEOSEARCHSTORE, GEORADIUS, GEORADIUSBYMEMBER and their read-only forms. [`query`]: their arguments.

mod add;
mod query;
mod read;
pub mod rows;
mod search;
#[cfg(test)]
mod tests;

use add::*;
use read::*;
use search::*;
