-- Takes a recording out of everything, as if it had never begun.
-- KEYS: recording, controls of call, recordings of call, recordings of node, active, events, then the indexes it is in
-- ARGV: recording id, control id, event (JSON), length of events
if redis.call('DEL', KEYS[1]) == 0 then
  return 0
end
if redis.call('HGET', KEYS[2], ARGV[2]) == ARGV[1] then
  redis.call('HDEL', KEYS[2], ARGV[2])
end
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
for i = 7, #KEYS do
  redis.call('ZREM', KEYS[i], ARGV[1])
end
redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[4], '*', 'event', 'recording.forgotten', 'data', ARGV[3])
return 1
