/*
** What the host of scripts needs from the base library; put into lbaselib.c before `luaB_pcall`.
*/

/*
** An error that is a table with a message in its field `err` reaches
** the caller of `pcall` as that message.
*/
static void plain_error (lua_State *L) {
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "err");
    if (lua_isstring(L, -1)) lua_replace(L, -2);
    else lua_pop(L, 1);
  }
}


/*
** Numbers among the arguments become text. If they are to be the words of
** a command and can't be, `true` (there are none) or `false` takes their place.
*/
static int numbers_as_text (lua_State *L, int n, int words) {
  char text[64];
  int i, sound = n;
  for (i = 1; i <= n; i++) {
    int type = lua_type(L, i);
    if (type == LUA_TNUMBER) {
      snprintf(text, sizeof(text), "%.17g", (double)lua_tonumber(L, i));
      lua_pushstring(L, text);
      lua_replace(L, i);
    }
    else if (type != LUA_TSTRING)
      sound = 0;
  }
  if (words && !sound) {
    lua_settop(L, 0);
    lua_pushboolean(L, n == 0);
    return 1;
  }
  return n;
}


/*
** What hosts need that can't raise Lua errors themselves. The function
** in the upvalue returns how it ended, and then its results:
**   true   results
**   s, t   a table whose field s is t
**   false  an error, raised as it is
**   nil    an error message, raised with the position of the caller
**   n, m   the message m about argument n
** The upvalue after it: 1 if the function gets numbers as text, 2 if all of its
** arguments have to be words.
*/
static int guarded (lua_State *L) {
  int n = lua_gettop(L);
  int in_host;
  luaL_checkstack(L, 2, "too many arguments");
  if (lua_tointeger(L, lua_upvalueindex(2)))
    n = numbers_as_text(L, n, lua_tointeger(L, lua_upvalueindex(2)) > 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  in_host = lua_sethost(L, 1);
  lua_call(L, n, LUA_MULTRET);
  lua_sethost(L, in_host);
  switch (lua_type(L, 1)) {
    case LUA_TBOOLEAN:
      if (!lua_toboolean(L, 1)) {
        lua_settop(L, 2);
        return lua_error(L);
      }
      return lua_gettop(L) - 1;
    case LUA_TSTRING:
      lua_createtable(L, 0, 1);
      lua_insert(L, 1);
      lua_rawset(L, 1);
      return 1;
    case LUA_TNIL:
      luaL_where(L, 1);
      lua_pushvalue(L, 2);
      lua_concat(L, 2);
      return lua_error(L);
    default:
      return luaL_argerror(L, lua_tointeger(L, 1), lua_tostring(L, 2));
  }
}

static int luaB_guarded (lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_pushcclosure(L, guarded, 2);
  return 1;
}


/*
** Runs a script: an error handler, the function, whether it takes KEYS
** and ARGV as arguments (else they are globals), the number of keys, the keys and
** the other arguments. Returns whether it succeeded, its result or error if that
** is a string, and its result or error if it is something else.
*/
static int luaB_run (lua_State *L) {
  int top = lua_gettop(L);
  int takes = lua_toboolean(L, 3);
  int keys = lua_tointeger(L, 4);
  int i, status;
  lua_sethost(L, 1);
  luaL_checkstack(L, 8, "too many arguments");
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_createtable(L, keys, 0);
  for (i = 1; i <= keys; i++) {
    lua_pushvalue(L, 4 + i);
    lua_rawseti(L, -2, i);
  }
  lua_createtable(L, top - 4 - keys, 0);
  for (i = 1; i <= top - 4 - keys; i++) {
    lua_pushvalue(L, 4 + keys + i);
    lua_rawseti(L, -2, i);
  }
  if (!takes) {
    lua_setreadonly(L, LUA_GLOBALSINDEX, 0);
    lua_setfield(L, LUA_GLOBALSINDEX, "ARGV");
    lua_setfield(L, LUA_GLOBALSINDEX, "KEYS");
    lua_setreadonly(L, LUA_GLOBALSINDEX, 1);
  }
  lua_sethost(L, 0);
  lua_gc(L, LUA_GCSETPAUSE, LUAI_GCPAUSE);
  lua_gc(L, LUA_GCSETSTEPMUL, LUAI_GCMUL);
  lua_resumegc(L);
  lua_makeroom(L);
  status = lua_pcall(L, takes ? 2 : 0, 1, top + 1);
  lua_sethost(L, 1);
  lua_pushboolean(L, status == 0);
  lua_insert(L, -2);
  if (lua_type(L, -1) == LUA_TSTRING)
    lua_pushnil(L);
  else {
    lua_pushnil(L);
    lua_insert(L, -2);
  }
  return 3;
}


/*
** The error handler of scripts. Makes a table of whatever was raised, and
** notes where: in the function that failed, or in its caller if that is C's.
*/
static int report (lua_State *L) {
  lua_Debug ar;
  int level;
  lua_settop(L, 1);
  if (!lua_istable(L, 1)) {
    lua_newtable(L);
    lua_pushliteral(L, "ERR ");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    lua_concat(L, 2);
    lua_setfield(L, 2, "err");
  }
  for (level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (level == 1 && *ar.what == 'C') continue;
    lua_pushstring(L, ar.source);
    lua_setfield(L, -2, "source");
    lua_pushinteger(L, ar.currentline);
    lua_setfield(L, -2, "line");
    break;
  }
  return 1;
}

/* Makes that handler, of the function that turns values to text. */
static int luaB_reporter (lua_State *L) {
  lua_settop(L, 1);
  lua_pushcclosure(L, report, 1);
  return 1;
}


/* What scripts may make Lua hold, in bytes; 0 is anything. */
static int luaB_memorymax (lua_State *L) {
  lua_setmemorymax(L, (size_t)luaL_checknumber(L, 1));
  return 0;
}


/* Makes a table read-only (true) or writable (false). */
static int luaB_readonly (lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_setreadonly(L, 1, lua_toboolean(L, 2));
  return 0;
}
