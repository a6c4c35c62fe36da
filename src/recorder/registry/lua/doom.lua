-- Decides that a recording is deleted: from here on it can't be held any more, nor heard.
-- Answers 1 if that is so now, 0 if it has not ended, -1 if the recording is unknown, -2 if it is held.
-- KEYS: recording, index of what is being deleted, catalogue
-- ARGV: recording id, deletion (JSON), of which the first one stays
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return -1
end
if state ~= 'finished' and state ~= 'no_input' and state ~= 'error' then
  return 0
end
if redis.call('HEXISTS', KEYS[1], 'hold') == 1 then
  return -2
end
redis.call('HSETNX', KEYS[1], 'deleting', ARGV[2])
redis.call('ZADD', KEYS[2], redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0, ARGV[1])
return 1
