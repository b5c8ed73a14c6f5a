//! Lua 5.1.5 for mlua to build, in the place of the `lua-src` of the registry, with what scripts of Redis need and plain
//! Lua lacks.
//!
//! ```text
//! registry's lua-src ── upstream.rs ──> OUT_DIR/upstream/cpp_source ── edits.rs ──> compiled into liblua5.1.a
//!                                                                        ^
//!                                                  edits/host.c, edits/interface.c
//! ```
//!
//! - Tables can be read-only: assigning, `rawset`, `setmetatable` and library functions fail with `Attempt to modify a
//!   readonly table`. A table that only a metatable protects would have to be empty, and `pairs` would show nothing.
//! - `load` and `loadstring` take source text only: a crafted binary chunk breaks out of any sandbox.
//! - `pcall` gives the message of an error that is a table with the field `err`.
//! - `__guarded(f)` turns what `f` returns into Lua errors: hosts in Rust can't raise ordinary ones. `__readonly(t, flag)`,
//!   `__memory_max(bytes)`, `__reporter(f)`, `__run(…)`. They are for the host, which takes them out of the globals before a
//!   script runs.
//! - Long strings are hashed whole, as the Lua of Redis does: the order of `pairs` depends on it.
//! - Recursion of patterns is bounded; `unpack` can't overflow; the name of a chunk is not collected while it is compiled.

mod edits;
mod upstream;

use std::env;
use std::fs;
use std::path::PathBuf;

/// The only version there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Lua51,
}

pub use Version::Lua51;

/// A build of the library. To be run from a build script.
#[derive(Clone, Copy, Debug, Default)]
pub struct Build;

/// What was built, and where.
#[derive(Clone, Debug)]
pub struct Artifacts {
    lib_dir: PathBuf,
}

const LIBRARY: &str = "lua5.1";

impl Build {
    pub fn new() -> Build {
        Build
    }

    /// Compiles the library. Panics if that fails, as build scripts do.
    pub fn build(&self, Lua51: Version) -> Artifacts {
        let out_dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to build"));
        let source_dir = upstream::sources(&out_dir);
        edits::apply(&source_dir);
        let lib_dir = out_dir.join("lib");
        let mut build = cc::Build::new();
        if env::var("TARGET").is_ok_and(|target| !target.contains("windows")) {
            build.define("LUA_USE_POSIX", None);
        }
        for entry in fs::read_dir(&source_dir).expect("the sources are readable") {
            let path = entry.expect("the sources are readable").path();
            if path.extension().is_some_and(|extension| extension == "c") {
                build.file(path);
            }
        }
        build.include(&source_dir).warnings(false).cargo_metadata(false).out_dir(&lib_dir).compile(LIBRARY);
        Artifacts { lib_dir }
    }
}

impl Artifacts {
    /// Tells cargo what to link.
    pub fn print_cargo_metadata(&self) {
        println!("cargo:rustc-link-search=native={}", self.lib_dir.display());
        println!("cargo:rustc-link-lib=static:-bundle={LIBRARY}");
    }
}
