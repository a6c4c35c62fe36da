-- Takes a recording that is terminal out of the catalogue.
-- Answers 1 if this call did it, 0 if it is not terminal, -1 if the recording is unknown.
-- KEYS: recording, events, then the indexes it is in
-- ARGV: recording id, event (JSON), length of events
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return -1
end
if state ~= 'finished' and state ~= 'no_input' and state ~= 'error' then
  return 0
end
redis.call('DEL', KEYS[1])
for i = 3, #KEYS do
  redis.call('ZREM', KEYS[i], ARGV[1])
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'event', 'recording.deleted', 'data', ARGV[2])
return 1
