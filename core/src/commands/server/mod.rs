//! The server family.

mod command;
mod command_docs;
mod command_info;
pub mod config;
mod dataset;
mod debug;
mod info;
mod lolwut;
mod memory;
mod migrate;
mod replication;
pub mod rows;
mod save;
mod shutdown;

use command::*;
use command_docs::command_docs;
use command_info::command_info;
use config::{config_get, config_help, config_resetstat, config_rewrite, config_set};
use dataset::*;
use debug::*;
use info::info;
use lolwut::*;
use memory::*;
use shutdown::shutdown;
