-- Recordings of an index that began before a time and are in none of the others, oldest first: the rank to go on from
-- (-1 if that was all), then ids. It looks at so many at most, so that no question keeps Redis from its other work.
-- KEYS: index, then the indexes of what is left out
-- ARGV: newest start time, rank to begin at, how many ids at most, how many to look at
local rank, limit, budget = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local function left_out(id)
  for i = 2, #KEYS do
    if redis.call('ZSCORE', KEYS[i], id) then
      return true
    end
  end
  return false
end
local ids, looked = {}, 0
while looked < budget and #ids < limit do
  local chunk = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', rank + looked, 100)
  if #chunk == 0 then
    return { -1, unpack(ids) }
  end
  for _, id in ipairs(chunk) do
    if #ids == limit then
      break
    end
    looked = looked + 1
    if not left_out(id) then
      ids[#ids + 1] = id
    end
  end
end
return { rank + looked, unpack(ids) }
