-- Holds a stream of events to a rate (GCRA): a batch is let in while less than a second's events are owed, and then owes
-- all of its own; so no batch is too large, and none comes in before the ones before it are paid for.
-- KEYS: when all is paid for (microseconds), the hash of the day.
-- ARGV: events owed, whether they are owed whatever stands (1), quota a second, seconds that the day is kept,
--       requests and events to count.
-- Returns: admitted (1, 0), events left, milliseconds until one is let in, milliseconds until nothing is owed.
local owed, forced, quota = tonumber(ARGV[1]), ARGV[2] == '1', tonumber(ARGV[3])
local time, second = redis.call('TIME'), 1000000
local now = tonumber(time[1]) * second + tonumber(time[2])
local paid, admitted = now, 1

if quota > 0 then
    paid = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
    if not forced and owed > 0 and paid - now >= second then
        admitted = 0
    elseif owed > 0 then
        paid = paid + owed * second / quota
        redis.call('SET', KEYS[1], string.format('%.0f', paid), 'PX', math.ceil((paid - now) / 1000) + 1000)
    end
end
local requests, events = tonumber(ARGV[5]), tonumber(ARGV[6])
if requests > 0 then
    redis.call('HINCRBY', KEYS[2], admitted == 1 and 'requests' or 'refused', requests)
end
if events > 0 then
    redis.call('HINCRBY', KEYS[2], 'events', events)
end
redis.call('EXPIRE', KEYS[2], tonumber(ARGV[4]))
local debt = paid - now
local wait = 0
if debt >= second then
    wait = math.floor((debt - second) / 1000) + 1
end
return {admitted, math.max(0, math.floor((second - debt) * quota / second)), wait, math.ceil(debt / 1000)}
