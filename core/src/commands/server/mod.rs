//! The server family.

mod command;
mod command_docs;
mod command_info;
pub mod config;
mod info;
mod dataset;
mod memory;
mod pending;
pub mod rows;
mod shutdown;

use command::*;
use command_docs::command_docs;
use command_info::command_info;
use config::{config_get, config_help, config_resetstat, config_rewrite, config_set};
use dataset::*;
use memory::*;
use info::info;
use pending::*;
use shutdown::shutdown;
