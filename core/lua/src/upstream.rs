//! The sources of Lua 5.1.5 as they come in the registry's `lua-src`, laid into a directory of ours.
//!
//! A crate has no way to ask cargo where another one lies. What was considered:
//!
//! | way                                        | fails                                                             |
//! |--------------------------------------------|-------------------------------------------------------------------|
//! | `cargo metadata` from the build script     | without the network it wants every crate of the workspace fetched, |
//! |                                            | those for other systems too, and it sees no `--config` of the caller |
//! | a directory beside that of mlua-sys        | when either of them is vendored under another name, or patched      |
//! | the path in a panic's location             | with `--remap-path-prefix`; relative for vendored crates            |
//! | asking the crate itself                    | only if the crate changes: it is pinned                             |
//!
//! So the crate is asked: built for Emscripten, it first copies all sources to `OUT/cpp_source`, with `extern "C"` around
//! three headers. A file in the place of the directory for the objects ends that build before a compiler starts.

use std::fs;
use std::path::{Path, PathBuf};

/// What is put around these headers, for C++.
const WRAPPED: [&str; 3] = ["lauxlib.h", "lua.h", "lualib.h"];
const PREFIX: &str = "extern \"C\" {\n";
const SUFFIX: &str = "\n}";

/// Puts the sources below `out_dir` and says where. Panics if they do not come, as build scripts do.
pub fn sources(out_dir: &Path) -> PathBuf {
    let work_dir = out_dir.join("upstream");
    let _ = fs::remove_dir_all(&work_dir);
    fs::create_dir_all(&work_dir).expect("OUT_DIR can be written to");
    fs::write(work_dir.join("lib"), "").expect("OUT_DIR can be written to");
    let ended = upstream::Build::new()
        .out_dir(&work_dir)
        .target("wasm32-unknown-emscripten")
        .host("wasm32-unknown-emscripten")
        .try_build(upstream::Lua51);
    let source_dir = work_dir.join("cpp_source");
    for header in WRAPPED {
        let path = source_dir.join(header);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => panic!("{}: {error}; lua-src said: {:?}", path.display(), ended.err().map(|e| e.to_string())),
        };
        let plain = text.strip_prefix(PREFIX).and_then(|text| text.strip_suffix(SUFFIX));
        fs::write(&path, plain.expect("lua-src wraps this header for C++")).expect("OUT_DIR can be written to");
    }
    source_dir
}
