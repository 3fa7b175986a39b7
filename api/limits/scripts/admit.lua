-- Lets a request in where every window has room for it, and then counts it in all of them; else in none.
-- Each window is a sliding counter as in the library `limits`: the former window weighs by how much of it still overlaps.
-- KEYS: current and former counter of each window, then the hash of the day.
-- ARGV: cost, seconds that the day is kept, then quota and milliseconds of each window.
-- Returns: admitted (1, 0), then of each window: used, milliseconds until there is room, milliseconds until it moves on.
local cost, day = tonumber(ARGV[1]), KEYS[#KEYS]
local windows, admitted = {}, 1

for i = 1, (#KEYS - 1) / 2 do
    local one = {current = KEYS[2 * i - 1], quota = tonumber(ARGV[2 * i + 1]), span = tonumber(ARGV[2 * i + 2])}
    local former, span = KEYS[2 * i], one.span
    one.lives = redis.call('PTTL', one.current)
    if one.lives >= 0 and one.lives <= span then
        redis.call('RENAME', one.current, former)
        one.lives = one.lives + span
        redis.call('SET', one.current, 0, 'PX', one.lives)
    elseif one.lives < 0 then
        one.lives = 2 * span
    end
    one.count = tonumber(redis.call('GET', one.current) or 0)
    one.before = tonumber(redis.call('GET', former) or 0)
    one.fading = math.max(redis.call('PTTL', former), 0)
    one.used = math.floor(one.before * one.fading / span) + one.count
    if one.used + cost > one.quota then
        admitted = 0
    end
    windows[i] = one
end

local function wait(one)
    if one.used + cost <= one.quota then
        return 0
    end
    local room = one.quota - cost - one.count
    if room >= 0 then
        return one.fading - (room + 1) * one.span / one.before
    end
    local beyond = one.span - (one.quota - cost + 1) * one.span / one.count
    return one.lives - one.span + math.max(beyond, 0)
end

local told = {admitted}
for _, one in ipairs(windows) do
    table.insert(told, one.used + admitted * cost)
    table.insert(told, math.ceil(wait(one)))
    table.insert(told, one.lives - one.span)
    if admitted == 1 and cost > 0 and redis.call('EXISTS', one.current) == 1 then
        redis.call('INCRBY', one.current, cost)
    elseif admitted == 1 and cost > 0 then
        redis.call('SET', one.current, cost, 'PX', one.lives)
    end
end
if cost > 0 then
    redis.call('HINCRBY', day, admitted == 1 and 'requests' or 'refused', 1)
    redis.call('EXPIRE', day, tonumber(ARGV[2]))
end
return told
