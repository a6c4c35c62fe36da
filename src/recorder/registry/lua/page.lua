-- One page of what all the indexes have in common, newest first: the position where the next page begins ('' twice if
-- there is none), then ids. It goes through the smallest index and looks at so many recordings at most, so that no question
-- keeps Redis from its other work; a page may therefore be short, or empty, and yet not be the last.
-- KEYS: indexes (one at least)
-- ARGV: limit (at least 1), oldest start time, newest start time, start time and id where the page before ended or '' twice,
--   how many recordings to look at
local source = 1
for i = 2, #KEYS do
  if redis.call('ZCARD', KEYS[i]) < redis.call('ZCARD', KEYS[source]) then
    source = i
  end
end
local limit, oldest, budget = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[6])
local rank = redis.call('ZCOUNT', KEYS[source], '(' .. ARGV[3], '+inf')
if ARGV[4] ~= '' then
  local passed = redis.call('ZCOUNT', KEYS[source], '(' .. ARGV[4], '+inf')
  -- Of those that started at the same time, the greater ids come first.
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[source], ARGV[4], ARGV[4])) do
    if id >= ARGV[5] then
      passed = passed + 1
    end
  end
  rank = math.max(rank, passed)
end

local function in_all(id)
  for i = 1, #KEYS do
    if i ~= source and not redis.call('ZSCORE', KEYS[i], id) then
      return false
    end
  end
  return true
end

local ids, looked, last_time, last_id = {}, 0, '', ''
while true do
  local chunk = redis.call('ZREVRANGE', KEYS[source], rank, rank + 99, 'WITHSCORES')
  for i = 1, #chunk, 2 do
    if tonumber(chunk[i + 1]) < oldest then
      return { '', '', unpack(ids) }
    end
    if #ids == limit or looked == budget then
      return { last_time, last_id, unpack(ids) }
    end
    looked = looked + 1
    last_time, last_id = chunk[i + 1], chunk[i]
    if in_all(chunk[i]) then
      ids[#ids + 1] = chunk[i]
    end
  end
  if #chunk < 200 then
    return { '', '', unpack(ids) }
  end
  rank = rank + 100
end
