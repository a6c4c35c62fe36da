-- A recording is paused or goes on, as long as it is being captured.
-- Answers 1 if it is so now, 0 if its capture is over, -1 if the recording is unknown.
-- KEYS: recording
-- ARGV: state (paused or recording), pause (JSON, '' for none)
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return -1
end
if state ~= 'recording' and state ~= 'paused' then
  return 0
end
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'pause', ARGV[2])
return 1
