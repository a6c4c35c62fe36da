-- A node lives: for a while, and as long as it says so.
-- KEYS: heartbeat, nodes
-- ARGV: node id, time (Unix seconds), life of a heartbeat (ms), time before which silent nodes are forgotten (Unix seconds)
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[4])
return 1
