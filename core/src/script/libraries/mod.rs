//! The libraries that Redis links into its Lua: cjson, cmsgpack, struct, bit. Each opens as a table.
