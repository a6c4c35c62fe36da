-- One page of the catalogue, newest first: the ids that follow a recording, which is the last of the page before.
-- Nothing follows a recording that is not in the catalogue any more: the oldest leave it first.
-- KEYS: catalogue
-- ARGV: limit (at least 1), recording id or ''
local first = 0
if ARGV[2] ~= '' then
  local rank = redis.call('ZREVRANK', KEYS[1], ARGV[2])
  if not rank then
    return {}
  end
  first = rank + 1
end
return redis.call('ZREVRANGE', KEYS[1], first, first + ARGV[1] - 1)
