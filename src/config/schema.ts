import { z } from 'zod';
import { logLevels } from '../log.ts';
import { legCodecs } from '../rtp/leg-codecs.ts';
import { callerKeys, trunks } from './trunk.ts';
import { age, bitRate, duration, hostPort, size } from './units.ts';
import { codecs, count, networks, text, yesNo } from './values.ts';

const url = (what: string, schemes: readonly string[]) =>
  text(what).refine((value) => schemes.includes(URL.parse(value)?.protocol.slice(0, -1) ?? ''), {
    error: `must be ${what} (${schemes.map((scheme) => `${scheme}://...`).join(', ')})`,
  });

const route = z.strictObject({
  to: text('a called number, * standing for any characters').default('*'),
  trunk: text('the name of a trunk').optional(),
  script: z.union(
    [text('the path or the http(s) URL of an SWML document'), z.looseObject({ sections: z.unknown().refine(Boolean) })],
    { error: 'must be the path or the http(s) URL of an SWML document, or the document itself ({ sections: ... })' },
  ),
  fallback: text('the path or the http(s) URL of an SWML document').optional(),
  strict: yesNo().default(false),
});

const s3 = z.strictObject({
  bucket: text('the name of a bucket'),
  prefix: z.string().default(''),
  region: text('a region').default('us-east-1'),
  endpoint: z
    .string()
    .refine((value) => value === '' || /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
      error: 'must be the URL of an S3 service (https://...), or empty for Amazon',
    })
    .default(''),
  path_style: yesNo().optional(),
  access_key: z.string().default(''),
  secret_key: z.string().default(''),
  encryption: z.enum(['', 'AES256', 'aws:kms'], { error: 'must be AES256, aws:kms or empty' }).default(''),
  kms_key: z.string().default(''),
  timeout: duration().prefault('15s'),
});

/** Where finished recordings are kept: the first that takes a file has it. */
const store = z.union([z.strictObject({ disk: z.string() }), z.strictObject({ s3 })], {
  error: 'must be { disk: FOLDER } or { s3: { bucket: NAME, ... } }',
});

/** A file's location says no more than the folder or the bucket: two stores of one place could not be told apart. */
const refuseTwinStores = (stores: readonly z.output<typeof store>[], context: z.RefinementCtx): void => {
  const places = stores.map((one) => ('disk' in one ? `disk ${one.disk}` : `bucket ${one.s3.bucket}`));
  places.forEach((place, index) => {
    if (places.indexOf(place) < index) {
      context.addIssue({ code: 'custom', path: [index], message: `is the same ${place.trim()} as a store before it` });
    }
  });
};

/** How long something is kept; so short an age would be a slip. */
const keptFor = () =>
  age()
    .refine((ms) => ms === 0 || ms >= 3_600_000, 'must be 1h at least, or 0s')
    .prefault('0s');

/**
 * The whole configuration: every key of config/sipreel.yaml, its default and what is allowed. Unknown keys are errors.
 * Durations become milliseconds, sizes bytes.
 */
export const configSchema = z.strictObject({
  node: z.strictObject({ id: z.string().default('') }).prefault({}),
  data: z
    .strictObject({
      dir: text('a directory').default('/var/lib/sipreel'),
      keep_spool: yesNo().default(false),
      takeover: duration()
        .refine((ms) => ms >= 2000, 'must be 2s at least')
        .prefault('60s'),
    })
    .prefault({}),
  sip: z
    .strictObject({
      drachtio: z
        .array(z.strictObject({ address: hostPort(), secret: text('the secret of the drachtio-server') }))
        .min(1, 'must name one drachtio-server at least')
        .prefault([{ address: '127.0.0.1:9022', secret: 'cymru' }]),
      max_message: size().prefault('11kB'),
      session_expires: duration().prefault('30min'),
      min_session_expires: duration().prefault('90s'),
      ...callerKeys,
    })
    .prefault({}),
  trunks: trunks().default([]),
  routes: z.array(route).default([]),
  scripts: z
    .strictObject({
      timeout: duration().prefault('5s'),
      envs: z.record(z.string(), z.unknown()).default({}),
    })
    .prefault({}),
  rtpengine: z
    .strictObject({
      servers: z.array(hostPort()).min(1, 'must name one rtpengine at least').prefault(['127.0.0.1:22222']),
      timeout: duration().prefault('1500ms'),
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: url('the URL of Redis', ['redis', 'rediss']).default('redis://127.0.0.1:6379/0'),
      prefix: text('a prefix for the keys')
        .regex(/^[\w.-]+$/, 'may hold letters, digits, _ . and -')
        .default('sipreel'),
      away: z.enum(['refuse', 'take'], { error: 'must be refuse or take' }).default('refuse'),
    })
    .prefault({}),
  media: z
    .strictObject({
      address: text('an IP address that rtpengine can reach').default('127.0.0.1'),
      codecs: codecs()
        .min(1, 'must name one codec at least')
        .default([...legCodecs]),
      last_resort: codecs().default(['opus', 'G729']),
    })
    .prefault({}),
  capture: z
    .strictObject({
      address: text('an IP address that rtpengine can reach').default('127.0.0.1'),
      threads: count(1, 64).default(2),
      flush: duration().prefault('450ms'),
      memory: size().prefault('16MB'),
    })
    .prefault({}),
  digits: z.strictObject({ inband: yesNo().default(false) }).prefault({}),
  encode: z
    .strictObject({
      concurrency: count(1, 64).default(2),
      queue: z.string().default(''),
      piece: duration()
        .refine((ms) => ms === 0 || ms >= 10_000, 'must be 10s at least, or 0s')
        .prefault('60s'),
      ffmpeg: z.string().default(''),
      timeout: duration().prefault('30s'),
      mp3_bitrate: bitRate()
        .refine(
          (rate) => rate === 0 || (rate >= 8000 && rate <= 320_000),
          'must be from 8kbit/s to 320kbit/s, or empty',
        )
        .prefault(''),
      mp4_quality: z
        .number({ error: 'must be a number from 0.1 to 2' })
        .min(0.1, 'must be a number from 0.1 to 2')
        .max(2, 'must be a number from 0.1 to 2')
        .default(1),
    })
    .prefault({}),
  storage: z
    .strictObject({
      name: text('a pattern such as {yyyy}/{mm}/{recording_id}').default('{yyyy}/{mm}/{dd}/{recording_id}'),
      stores: z
        .array(store)
        .min(1, 'must name one store at least')
        .prefault([{ disk: '' }])
        .superRefine(refuseTwinStores),
      retention: z.strictObject({ age: keptFor(), trunks: z.record(z.string(), keptFor()).default({}) }).prefault({}),
    })
    .prefault({}),
  prompts: z
    .strictObject({
      say_command: z
        .array(z.string())
        .min(1, 'must name a command')
        .default(['espeak-ng', '-v', '{voice}', '--stdin', '--stdout']),
      max_download: size().prefault('100MB'),
      ringing: text('a country such as us or de').default('us'),
    })
    .prefault({}),
  http: z
    .strictObject({
      listen: hostPort().prefault('127.0.0.1:8080'),
      public_url: z.string().default(''),
      worker_listen: z
        .union([z.literal('').transform(() => undefined), hostPort()], { error: 'must be HOST:PORT, or empty' })
        .prefault(''),
      metrics: z.enum(['read', 'public'], { error: 'must be read or public' }).default('read'),
      wait: duration().prefault('60s'),
      live_listeners: count(0, 1000).default(16),
      url_life: age().prefault('7d'),
      tls: z.strictObject({ cert: z.string().default(''), key: z.string().default('') }).prefault({}),
      rate_limit: count(0, 1_000_000).default(1_200),
      cors: z.array(text('an origin such as https://example.com')).default([]),
      trust_proxy: networks().default([]),
      audit_file: z.string().default(''),
    })
    .refine(({ tls }) => (tls.cert === '') === (tls.key === ''), {
      error: 'must have both cert and key, or neither',
      path: ['tls'],
    })
    .prefault({}),
  http_out: z
    .strictObject({
      allow_private: yesNo().default(false),
      allow_hosts: z.array(text('a host or host:port')).default([]),
    })
    .prefault({}),
  notify: z
    .strictObject({
      signing_key: z.string().default(''),
      timeout: duration().prefault('10s'),
      concurrency: count(1, 1000).default(32),
      per_host: count(1, 1000).default(8),
    })
    .prefault({}),
  events: z
    .strictObject({
      url: z.union([z.literal(''), url('empty, or where events are posted', ['http', 'https'])]).default(''),
    })
    .prefault({}),
  limits: z
    .strictObject({
      calls: count(0, 1_000_000).default(0),
      recordings: count(0, 1_000_000).default(0),
      spool_free: size().prefault('500MB'),
      spool_warn: size().prefault('5GB'),
    })
    .prefault({}),
  drain: z.strictObject({ limit: duration().prefault('4h') }).prefault({}),
  log: z
    .strictObject({
      level: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
      file: z.string().default(''),
      redact: z.array(z.string()).default([]),
    })
    .prefault({}),
});

export type Config = z.output<typeof configSchema>;
/** The configuration as a file writes it. */
export type ConfigInput = z.input<typeof configSchema>;
