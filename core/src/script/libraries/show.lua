local function show(v)
    if type(v) == 'userdata' then return 'null' end
    if type(v) ~= 'table' then return (type(v) == 'string' and '"' .. v .. '"') or tostring(v) end
    local r = {}
    for k, w in pairs(v) do r[#r + 1] = show(k) .. ':' .. show(w) end
    return '{' .. table.concat(r, ', ') .. '}'
end
local function all(...)
    local r = {}
    for i = 1, select('#', ...) do r[i] = show((select(i, ...))) end
    return table.concat(r, ' ')
end
return all(pcall(function() return EXPRESSION end))
