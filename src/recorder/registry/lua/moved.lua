-- The file of a recording is somewhere else now.
-- Answers 1 if the recording says so now, 0 if it is unknown or being deleted: then the file is nobody's.
-- KEYS: recording
-- ARGV: location
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'deleting') == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'moved', ARGV[1])
return 1
