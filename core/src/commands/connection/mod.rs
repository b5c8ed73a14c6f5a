//! The connection family.

mod auth;
mod client_control;
mod client_info;
mod client_kill;
mod client_tracking;
pub mod rows;
mod session;

use auth::*;
use client_control::*;
use client_info::*;
use client_kill::*;
use client_tracking::*;
use session::*;
