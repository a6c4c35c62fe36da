-- A recording is paused or goes on, as long as it is being captured.
-- Answers 1 if it is so now, 0 if its capture is over, -1 if the recording is unknown.
-- KEYS: recording, catalogue, events, index of this state, index of the other one
-- ARGV: recording id, state (paused or recording), pause (JSON, '' for none), event, event data (JSON), length of events
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return -1
end
if state ~= 'recording' and state ~= 'paused' then
  return 0
end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'pause', ARGV[3])
if state ~= ARGV[2] then
  redis.call('ZREM', KEYS[5], ARGV[1])
  redis.call('ZADD', KEYS[4], redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0, ARGV[1])
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'event', ARGV[4], 'data', ARGV[5])
end
return 1
