-- Takes the hold off a recording.
-- Answers 1 if this call did it, 0 if it was not held, -1 if the recording is unknown.
-- KEYS: recording, index of what is held, events
-- ARGV: recording id, event (JSON), length of events
if redis.call('EXISTS', KEYS[1]) == 0 then
  return -1
end
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HDEL', KEYS[1], 'hold') == 0 then
  return 0
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'event', 'recording.released', 'data', ARGV[2])
return 1
