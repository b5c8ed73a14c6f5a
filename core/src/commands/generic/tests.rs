//! Tests of the generic family that need more than one command.
