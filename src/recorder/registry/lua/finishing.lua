-- Capture of a recording is over: its control id is free again.
-- Answers 1 if this call made it so, 0 if it was so before, -1 if the recording is unknown.
-- KEYS: recording, controls of call
-- ARGV: recording id, control id, ending (JSON)
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
return 1
