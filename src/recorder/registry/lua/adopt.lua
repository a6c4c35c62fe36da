-- Enters a recording that Redis has lost, or never heard of, unless it knows it. The control id is claimed if it is free
-- and the recording is still being captured. Answers 1 if the recording was entered.
-- KEYS: recording, controls of call, recordings of call, recordings of node, active, events, then the indexes it goes into
-- ARGV: recording id, call id, control id, node id, state, start time, record (JSON), event (JSON), length of events
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'call_id', ARGV[2], 'control_id', ARGV[3], 'node_id', ARGV[4], 'state', ARGV[5], 'record', ARGV[7])
if ARGV[5] == 'recording' or ARGV[5] == 'paused' then
  redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[1])
end
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('SADD', KEYS[4], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[6], ARGV[1])
for i = 7, #KEYS do
  redis.call('ZADD', KEYS[i], ARGV[6], ARGV[1])
end
redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[9], '*', 'event', 'recording.started', 'data', ARGV[8])
return 1
