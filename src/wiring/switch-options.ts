import { nodeIdOf } from '../config/follows.ts';
import type { Config } from '../config/schema.ts';
import type { SwitchOptions } from '../switch/switch.ts';

/** What the configuration says of the switch. */
export const switchOptionsOf = (config: Config, ringing: string): SwitchOptions => ({
  nodeId: nodeIdOf(config),
  routes: config.routes,
  codecs: { allowed: config.media.codecs, lastResort: config.media.last_resort },
  trunks: config.trunks,
  maxMessageBytes: config.sip.max_message,
  ...(config.limits.calls === 0 ? {} : { maxCalls: config.limits.calls }),
  playableWithinMs: config.http.wait,
  sessionTimer: {
    expiresS: Math.round(config.sip.session_expires / 1000),
    minS: Math.round(config.sip.min_session_expires / 1000),
  },
  ringing,
  envs: config.scripts.envs,
  inbandDigits: config.digits.inband,
  takeWithoutRedis: config.redis.away === 'take',
});
