import { type ErrorKind, kind } from '../kind.ts';

/** The parts that a call needs: rtpengine, Redis, drachtio-server. */
export const outsideKinds = {
  rtpengine_away: kind(
    'outside',
    503,
    503,
    true,
    'Check that rtpengine runs and that rtpengine.servers names its ng port.',
  ),
  rtpengine_refused: kind('outside', 502, 500, false, "Look the call up in rtpengine's log: it refused the command."),
  redis_away: kind('outside', 503, 503, true, 'Check that redis-server runs and that redis.url is right.'),
  redis_refused: kind(
    'outside',
    502,
    500,
    true,
    "Read Redis' own words in the message: memory, disk, permissions or a read-only replica are the usual causes.",
  ),
  redis_url_invalid: kind(
    'configuration',
    500,
    500,
    false,
    'Write redis.url as redis://[user:password@]host:port[/db], rediss:// for TLS or unix:///path.',
  ),
  record_damaged: kind(
    'outside',
    500,
    500,
    false,
    'Check who else writes to the keys of this prefix in Redis, or set redis.prefix to one of its own.',
  ),
  drachtio_refused: kind(
    'outside',
    502,
    500,
    false,
    "Look into the drachtio-server's log: it could not send the message.",
  ),
  fork_refused: kind('outside', 502, 500, false, "Look the call up in rtpengine's log: it gave no copy of the media."),
  drachtio_away: kind(
    'outside',
    503,
    503,
    true,
    'Check that drachtio-server runs and that sip.drachtio names its control port and secret.',
  ),
} as const satisfies Record<string, ErrorKind>;
