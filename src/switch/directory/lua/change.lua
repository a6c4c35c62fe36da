-- A call has changed: enters it among the calls of its node, or takes it out and keeps it for a while, and tells of it.
-- KEYS: calls of node, ended call, events
-- ARGV: call id, call (JSON), '1' if it has ended, how long an ended call is kept (s), event, event data (JSON), length of events
if ARGV[3] == '1' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[4])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[7], '*', 'event', ARGV[5], 'data', ARGV[6])
return 1
