-- Puts what a node has now into the place of what Redis knows of its calls.
-- KEYS: calls of node
-- ARGV: call id, call (JSON), and so on
redis.call('DEL', KEYS[1])
for i = 1, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
return 1
