-- A recording that had ended without a file has one now. Its state stays: that is what was told.
-- Answers 1 if it says so now, 0 if it is being deleted or has not ended: then the file is nobody's, -1 if it is unknown.
-- KEYS: recording, events
-- ARGV: what is known of the file (JSON), event (JSON), length of events
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return -1
end
if state ~= 'finished' and state ~= 'no_input' and state ~= 'error' or redis.call('HEXISTS', KEYS[1], 'deleting') == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'mended', ARGV[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'event', 'recording.mended', 'data', ARGV[2])
return 1
