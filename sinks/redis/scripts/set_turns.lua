-- Sets turns of one conversation, each unless the one that is there is as new, and drops the oldest beyond a limit.
-- KEYS[1] the conversation's hash, of entries '<version> <occurred_at> <turn>' under 'm:<message id>'.
-- ARGV: seconds to live, limit, '1' where the turns reach back without a gap (else ''), then for each turn
-- message id, version, occurred_at, turn ('' where deleted). Without occurred_at it is a tombstone: the turn leaves the
-- order, so an older one may now be missing, and the mark of completeness goes. Returns how many were set.

local SLACK = 14 -- entries beyond the limit before the oldest are dropped, since dropping reads them all
local limit = tonumber(ARGV[2])
local set = 0

local function parts(entry)
  local version, occurred_at = string.match(entry, '^(%d+) (-?%d+) ')
  return tonumber(version), tonumber(occurred_at)
end

-- By bytes, as readers do: '<' on strings follows the server's locale.
local function precedes(one, other)
  for at = 1, math.min(#one, #other) do
    if one:byte(at) ~= other:byte(at) then
      return one:byte(at) < other:byte(at)
    end
  end
  return #one < #other
end

local function earlier(one, other)
  if one.occurred_at ~= other.occurred_at then
    return one.occurred_at < other.occurred_at
  end
  return precedes(one.field, other.field)
end

for at = 4, #ARGV, 4 do
  local field, version, occurred_at, turn = 'm:' .. ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local kept = redis.call('HGET', KEYS[1], field)
  if not kept or parts(kept) < tonumber(version) then
    if occurred_at == '' then
      occurred_at = '0'
      redis.call('HDEL', KEYS[1], 'complete')
    end
    redis.call('HSET', KEYS[1], field, version .. ' ' .. occurred_at .. ' ' .. turn)
    set = set + 1
  end
end

if redis.call('HLEN', KEYS[1]) > limit + SLACK then
  local flat, turns = redis.call('HGETALL', KEYS[1]), {}
  for at = 1, #flat, 2 do
    if string.sub(flat[at], 1, 2) == 'm:' then
      local _, occurred_at = parts(flat[at + 1])
      table.insert(turns, { field = flat[at], occurred_at = occurred_at })
    end
  end
  table.sort(turns, earlier)
  for at = 1, #turns - limit do
    redis.call('HDEL', KEYS[1], turns[at].field)
  end
end
if ARGV[3] == '1' then
  redis.call('HSET', KEYS[1], 'complete', '1')
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return set
