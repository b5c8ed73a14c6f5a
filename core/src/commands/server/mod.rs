//! The server family.

mod command;
mod command_docs;
mod command_info;
pub mod config;
mod dataset;
mod info;
mod memory;
mod pending;
pub mod rows;
mod shutdown;

use command::*;
use command_docs::command_docs;
use command_info::command_info;
use config::{config_get, config_help, config_resetstat, config_rewrite, config_set};
use dataset::*;
use info::info;
use memory::*;
use pending::*;
use shutdown::shutdown;
