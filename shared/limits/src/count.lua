-- One request of a key, by the generic cell rate algorithm. `now` is set before this, in microseconds.
-- KEYS[1]: holds when all requests so far will be paid for; it is gone by then.
-- ARGV: what one request costs, in microseconds; how many are let in at once.
-- Answers 1 and how much is left to be paid for, or 0 and how long to wait: microseconds.
local cost, requests = tonumber(ARGV[1]), tonumber(ARGV[2])
local paid_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local latest = now + cost * (requests - 1)
if paid_at > latest then
  return { 0, paid_at - latest }
end
paid_at = paid_at + cost
-- As an integer: Lua's own words for large numbers leave digits out.
redis.call('SET', KEYS[1], string.format('%.0f', paid_at), 'PX', math.ceil((paid_at - now) / 1000))
return { 1, paid_at - now }
