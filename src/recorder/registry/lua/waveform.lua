-- Keeps the waveform of a recording that is still known.
-- KEYS: recording
-- ARGV: waveform
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'waveform', ARGV[1])
end
return 0
