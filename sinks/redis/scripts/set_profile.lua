-- Sets a profile unless the one that is there is as new.
-- KEYS[1] the profile's hash; ARGV: version, value, seconds to live. Returns 1 where it was set, else 0.

local kept = redis.call('HGET', KEYS[1], 'version')
if kept and tonumber(kept) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
