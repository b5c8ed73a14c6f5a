//! Lua 5.1.5 for mlua to build, in the place of the `lua-src` of the registry, with what scripts of Redis need and plain
//! Lua lacks. All changes in `c/` are marked `Etalon:`.
//!
//! - Tables can be read-only: assigning, `rawset`, `setmetatable` and library functions fail with `Attempt to modify a
//!   readonly table`. A table that only a metatable protects would have to be empty, and `pairs` would show nothing.
//! - `load` and `loadstring` take source text only: a crafted binary chunk breaks out of any sandbox.
//! - `pcall` gives the message of an error that is a table with the field `err`.
//! - `__guarded(f)` turns what `f` returns into Lua errors: hosts in Rust can't raise ordinary ones. `__readonly(t, flag)`.
//!   Both are for the host, which takes them out of the globals before a script runs.
//! - Long strings are hashed whole, as the Lua of Redis does: the order of `pairs` depends on it.
//! - Recursion of patterns is bounded; `unpack` can't overflow; the name of a chunk is not collected while it is compiled.
//!
//! The C sources are those of Lua 5.1.5 (MIT license, see `c/lua.h`).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

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
        let source_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("c");
        let lib_dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to build")).join("lib");
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
        println!("cargo:rerun-if-changed={}", source_dir.display());
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
