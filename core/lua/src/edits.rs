//! What is changed in Lua's sources: small edits, each with its reason, at a place that must occur exactly once.
//!
//! An edit that finds its place not at all or more than once ends the build: the sources are other ones than it was written for.

use Put::{After, Before, Instead};
use std::fs;
use std::path::Path;

#[derive(Clone, Copy)]
enum Put {
    Before,
    After,
    Instead,
}

/// Text put before, after or in the place of what is found.
struct Edit {
    put: Put,
    find: &'static str,
    text: &'static str,
}

const fn edit(put: Put, find: &'static str, text: &'static str) -> Edit {
    Edit { put, find, text }
}

/// A reason, the file, and what is done there.
type Change = (&'static str, &'static str, &'static [Edit]);

const CHECK_WRITABLE: &str = "/* Every way to change a table from Lua asks this first. */\n\
    #define luaH_checkwritable(L,t) \\\n  { if ((t)->readonly) luaG_runerror(L, \"Attempt to modify a readonly table\"); }\n\n";

/// How deep patterns recurse at most, so that they can't exhaust the stack of C.
const MATCH_DEPTH: &str = "  ms.depth = 8000;\n";

const BOUNDED_MATCH: &str = "static const char *match (MatchState *ms, const char *s, const char *p) {
  const char *res;
  if (ms->depth-- == 0) luaL_error(ms->L, \"pattern too complex\");
  res = domatch(ms, s, p);
  ms->depth++;
  return res;
}


";

const DECLARATIONS: &str = "LUA_API int   (lua_sethost) (lua_State *L, int in_host);
LUA_API void  (lua_makeroom) (lua_State *L);
LUA_API void  (lua_resumegc) (lua_State *L);
LUA_API void  (lua_setmemorymax) (lua_State *L, size_t bytes);
LUA_API void  (lua_setreadonly) (lua_State *L, int idx, int readonly);
";

const REGISTRATIONS: &str = "  {\"__guarded\", luaB_guarded},
  {\"__memory_max\", luaB_memorymax},
  {\"__readonly\", luaB_readonly},
  {\"__reporter\", luaB_reporter},
  {\"__run\", luaB_run},
";

const HOST: &str = include_str!("../edits/host.c");
const INTERFACE: &str = include_str!("../edits/interface.c");

const PCALL_OF_NOTHING: &str = "  int status;
  if (lua_gettop(L) == 0) {
    lua_pushboolean(L, 0);
    lua_pushliteral(L, \"attempt to call a boolean value\");
    return 2;
  }
";

const MEMORY_LIMIT: &str = "  if (nsize > osize && g->memory_max && !g->in_host &&
      g->totalbytes + (nsize - osize) > g->memory_max)
    luaD_throw(L, LUA_ERRMEM);
";

#[rustfmt::skip]
const CHANGES: &[Change] = &[
    ("tables can be read-only: a byte in each says so", "lobject.h", &[
        edit(Before, "  lu_byte lsizenode;", "  lu_byte readonly;\n"),
    ]),
    ("tables are made writable", "ltable.c", &[
        edit(After, "  t->flags = cast_byte(~0);\n", "  t->readonly = 0;\n"),
    ]),
    ("the check of a table that is to be changed", "ltable.h", &[
        edit(Before, "LUAI_FUNC int luaH_getn", CHECK_WRITABLE),
    ]),
    ("assignment asks it", "lvm.c", &[
        edit(Instead, "      TValue *oldval = luaH_set(L, h, key);",
            "      TValue *oldval;\n      luaH_checkwritable(L, h);\n      oldval = luaH_set(L, h, key);"),
    ]),
    ("rawset, setmetatable and functions of libraries ask it; the host's interface", "lapi.c", &[
        edit(Before, "  setobj2t(L, luaH_set(L, hvalue(t), L->top-2)", "  luaH_checkwritable(L, hvalue(t));\n"),
        edit(Before, "  setobj2t(L, luaH_setnum(", "  luaH_checkwritable(L, hvalue(o));\n"),
        edit(Before, "      hvalue(obj)->metatable = mt;", "      luaH_checkwritable(L, hvalue(obj));\n"),
        edit(Before, "LUA_API void lua_rawseti", INTERFACE),
    ]),
    ("the host keeps a reference to each value that it holds in a stack of its own, which only memory bounds", "lapi.c", &[
        edit(Instead, "  if (size > LUAI_MAXCSTACK || (L->top - L->base + size) > LUAI_MAXCSTACK)",
            "  ptrdiff_t max = G(L)->in_host ? 1 << 28 : LUAI_MAXCSTACK;\n\
              if (size > max || (L->top - L->base + size) > max)"),
    ]),
    ("that interface", "lua.h", &[
        edit(Before, "LUA_API void  (lua_rawseti)", DECLARATIONS),
    ]),
    ("a script that needs too much memory fails, not the process; the host is not bound by the limit", "lstate.h", &[
        edit(Before, "  lu_mem totalbytes;", "  lu_mem memory_max;\n  int in_host;\n"),
    ]),
    ("at the start there is no limit", "lstate.c", &[
        edit(Before, "  g->totalbytes = sizeof(LG);", "  g->memory_max = 0;\n  g->in_host = 1;\n"),
    ]),
    ("the limit", "lmem.c", &[
        edit(Before, "  block = (*g->frealloc)(g->ud, block, osize, nsize);", MEMORY_LIMIT),
    ]),
    ("source text only: a crafted binary chunk can do anything", "ldo.c", &[
        edit(Instead, "  int c = luaZ_lookahead(p->z);\n", ""),
        edit(Instead, "((c == LUA_SIGNATURE[0]) ? luaU_undump : luaY_parser)(", "luaY_parser("),
    ]),
    ("the name of a chunk stays on the stack while it is compiled, or it would be collected", "lparser.c", &[
        edit(Before, "  lexstate.buff = buff;",
            "  TString *source = luaS_new(L, name);\n  setsvalue2s(L, L->top, source);\n  incr_top(L);\n"),
        edit(Instead, "luaX_setinput(L, &lexstate, z, luaS_new(L, name))", "luaX_setinput(L, &lexstate, z, source)"),
        edit(Before, "  return funcstate.f;", "  L->top--;\n"),
    ]),
    ("long strings are hashed whole, as the Lua of Redis does", "lstring.c", &[
        edit(Instead, "(l>>5)+1;", "1;"),
    ]),
    ("the recursion of patterns is bounded", "lstrlib.c", &[
        edit(After, "  const char *src_end;  /* end (`\\0') of source string */\n", "  int depth;\n"),
        edit(Instead, "*match (MatchState *ms, const char *s, const char *p) {",
            "*domatch (MatchState *ms, const char *s, const char *p) {"),
        edit(Before, "static const char *lmemfind", BOUNDED_MATCH),
        edit(Before, "    ms.src_end = s+l1;", MATCH_DEPTH),
        edit(Before, "  ms.src_end = s+ls;", MATCH_DEPTH),
        edit(Before, "  ms.src_end = src+srcl;", MATCH_DEPTH),
    ]),
    ("the number of what `unpack` returns can't overflow", "lbaselib.c", &[
        edit(Instead, "  int i, e, n;\n  luaL_checktype", "  int i, e, n;\n  unsigned int span;\n  luaL_checktype"),
        edit(Instead, "  n = e - i + 1;", "  span = (unsigned int)e - (unsigned int)i;\n  n = (int)span + 1;"),
        edit(Instead, "n <= 0 || !lua_checkstack(L, n))", "span >= 0x7ffffffeu || !lua_checkstack(L, n))"),
    ]),
    ("pcall as in Redis: without arguments it calls its own first result; of an error that is a table it gives the message", "lbaselib.c", &[
        edit(Instead, "  int status;\n  luaL_checkany(L, 1);\n", PCALL_OF_NOTHING),
        edit(After, "lua_gettop(L) - 1, LUA_MULTRET, 0);\n", "  if (status) plain_error(L);\n"),
    ]),
    ("functions for the host", "lbaselib.c", &[
        edit(Before, "static int luaB_pcall (", HOST),
        edit(Before, "  {\"loadfile\",", REGISTRATIONS),
    ]),
];

/// Makes all changes to the files in `source_dir`. Panics if one has not exactly one place.
pub fn apply(source_dir: &Path) {
    for (reason, file, edits) in CHANGES {
        let path = source_dir.join(file);
        let mut source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for edit in *edits {
            let places = source.matches(edit.find).count();
            assert!(places == 1, "{file} ({reason}): {places} places instead of one are {:?}", edit.find);
            let changed = match edit.put {
                Before => format!("{}{}", edit.text, edit.find),
                After => format!("{}{}", edit.find, edit.text),
                Instead => edit.text.to_string(),
            };
            source = source.replacen(edit.find, &changed, 1);
        }
        fs::write(&path, source).expect("OUT_DIR can be written to");
    }
}
