-- Notes how the sound of a recording came, once, and adds it to its hour and to what is kept.
-- Answers 1 if this call did so, 0 if it was noted before or the recording is unknown.
-- KEYS: recording, hour, kept
-- ARGV: report (JSON), life of the hour (seconds), milliseconds of sound, bytes, packets, lost
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HSETNX', KEYS[1], 'sound', ARGV[1]) == 0 then
  return 0
end
redis.call('HINCRBY', KEYS[2], 'recordings', 1)
redis.call('HINCRBY', KEYS[2], 'milliseconds', ARGV[3])
redis.call('HINCRBY', KEYS[2], 'bytes', ARGV[4])
redis.call('HINCRBY', KEYS[2], 'packets', ARGV[5])
redis.call('HINCRBY', KEYS[2], 'lost', ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('HINCRBY', KEYS[3], 'recordings', 1)
redis.call('HINCRBY', KEYS[3], 'bytes', ARGV[4])
return 1
