//! The server family.

pub mod config;
mod pending;
pub mod rows;

use config::{config_get, config_help, config_resetstat, config_rewrite, config_set};
use pending::*;
