-- Holds a recording: as long as it is held nothing deletes it.
-- Answers 1 if it is held now, 0 if it is being deleted, -1 if the recording is unknown.
-- KEYS: recording, index of what is held, catalogue, events
-- ARGV: recording id, hold (JSON), event (JSON), length of events
if redis.call('EXISTS', KEYS[1]) == 0 then
  return -1
end
if redis.call('HEXISTS', KEYS[1], 'deleting') == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'hold', ARGV[2])
redis.call('ZADD', KEYS[2], redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0, ARGV[1])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[4], '*', 'event', 'recording.held', 'data', ARGV[3])
return 1
