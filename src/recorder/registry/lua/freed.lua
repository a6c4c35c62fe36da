-- Takes a recording that is about to be deleted out of what is kept, once.
-- Answers 1 if this call did so, 0 if it was never counted or is out already.
-- KEYS: recording, hour of now, kept
-- ARGV: life of the hour (seconds), bytes, bytes with a minus
if redis.call('HEXISTS', KEYS[1], 'sound') == 0 or redis.call('HSETNX', KEYS[1], 'freed', '1') == 0 then
  return 0
end
redis.call('HINCRBY', KEYS[2], 'freed_bytes', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[3], 'recordings', -1)
redis.call('HINCRBY', KEYS[3], 'bytes', ARGV[3])
return 1
