//! Tests of DEBUG that need more than one subcommand.
