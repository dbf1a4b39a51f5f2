-- The same as gcra.rs, by the clock of Redis, so that the clocks of several servers do not matter.
-- KEYS[1]: whose. ARGV: microseconds of an interval, and of the window. Answers: whether it is allowed, when all will be
-- given back, and the time.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = before + interval
if after - now > window then
  return {0, string.format('%d', before), string.format('%d', now)}
end
redis.call('SET', KEYS[1], string.format('%d', after), 'PX', math.ceil((after - now) / 1000))
return {1, string.format('%d', after), string.format('%d', now)}
