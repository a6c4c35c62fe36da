-- Capture of a recording is over: its control id is free again.
-- Answers 1 if this call made it so, 0 if it was so before, -1 if the recording is unknown.
-- KEYS: recording, controls of call, catalogue, events, index of this state, then the indexes of the states before it
-- ARGV: recording id, control id, ending (JSON), event (JSON), length of events
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return -1
end
if state ~= 'recording' and state ~= 'paused' then
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'finishing', 'ending', ARGV[3])
-- Another recording may hold the control id, if this one was adopted.
if redis.call('HGET', KEYS[2], ARGV[2]) == ARGV[1] then
  redis.call('HDEL', KEYS[2], ARGV[2])
end
for i = 6, #KEYS do
  redis.call('ZREM', KEYS[i], ARGV[1])
end
redis.call('ZADD', KEYS[5], redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0, ARGV[1])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], '*', 'event', 'recording.finishing', 'data', ARGV[4])
return 1
