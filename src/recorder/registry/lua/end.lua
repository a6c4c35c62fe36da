-- Makes a recording terminal, once: takes it out of everything but the catalogue and tells those who wait.
-- Answers 1 if this call made it so, 0 if it was terminal before, -1 if the recording is unknown.
-- KEYS: recording, controls of call, recordings of call, recordings of node, active
-- ARGV: recording id, control id, terminal state, outcome (JSON), channel
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return -1
end
if state == 'finished' or state == 'no_input' or state == 'error' then
  return 0
end
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'outcome', ARGV[4])
if redis.call('HGET', KEYS[2], ARGV[2]) == ARGV[1] then
  redis.call('HDEL', KEYS[2], ARGV[2])
end
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
redis.call('PUBLISH', ARGV[5], ARGV[1])
return 1
