/*
** What the host of scripts needs from the interface of Lua; put into lapi.c before `lua_rawseti`.
*/

/* Says whether the host runs or a script, and what it was before. */
LUA_API int lua_sethost (lua_State *L, int in_host) {
  int before = G(L)->in_host;
  G(L)->in_host = in_host;
  return before;
}


/* Collects again if a script has stopped that. */
LUA_API void lua_resumegc (lua_State *L) {
  if (G(L)->GCthreshold == MAX_LUMEM) G(L)->GCthreshold = G(L)->totalbytes;
}


/* Collects what earlier scripts have left if that is half of what one may hold. */
LUA_API void lua_makeroom (lua_State *L) {
  if (G(L)->memory_max && G(L)->totalbytes > G(L)->memory_max / 2) luaC_fullgc(L);
}


/* What scripts may make Lua hold, in bytes. */
LUA_API void lua_setmemorymax (lua_State *L, size_t bytes) {
  G(L)->memory_max = bytes;
}


/* Makes a table read-only, or writable again. */
LUA_API void lua_setreadonly (lua_State *L, int idx, int readonly) {
  StkId t = index2adr(L, idx);
  api_check(L, ttistable(t));
  hvalue(t)->readonly = cast_byte(readonly != 0);
}
