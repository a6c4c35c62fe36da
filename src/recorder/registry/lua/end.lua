-- Makes a recording terminal, once: takes it out of everything but the catalogue and tells those who wait.
-- Answers 1 if this call made it so, 0 if it was terminal before, -1 if the recording is unknown.
-- KEYS: recording, controls of call, recordings of call, recordings of node, active, catalogue, events,
--   index of this state, then the indexes of the states before it
-- ARGV: recording id, control id, terminal state, outcome (JSON), journal (JSON) or '', channel, event (JSON), length of events
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return -1
end
if state == 'finished' or state == 'no_input' or state == 'error' then
  return 0
end
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'outcome', ARGV[4])
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'journal', ARGV[5])
end
if redis.call('HGET', KEYS[2], ARGV[2]) == ARGV[1] then
  redis.call('HDEL', KEYS[2], ARGV[2])
end
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
for i = 9, #KEYS do
  redis.call('ZREM', KEYS[i], ARGV[1])
end
redis.call('ZADD', KEYS[8], redis.call('ZSCORE', KEYS[6], ARGV[1]) or 0, ARGV[1])
redis.call('XADD', KEYS[7], 'MAXLEN', '~', ARGV[8], '*', 'event', 'recording.ended', 'data', ARGV[7])
redis.call('PUBLISH', ARGV[6], ARGV[1])
return 1
