//! etalon-core.
#![forbid(unsafe_code)]
