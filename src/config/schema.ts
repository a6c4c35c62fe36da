import { z } from 'zod';
import { logLevels } from '../log.ts';
import { duration, hostPort, size } from './units.ts';

const text = (what: string) => z.string({ error: `must be ${what}` }).min(1, `must be ${what}, not empty`);
const url = (what: string, schemes: readonly string[]) =>
  text(what).refine((value) => schemes.includes(URL.parse(value)?.protocol.slice(0, -1) ?? ''), {
    error: `must be ${what} (${schemes.map((scheme) => `${scheme}://...`).join(', ')})`,
  });
const count = (least: number, most: number) =>
  z
    .int({ error: `must be a whole number from ${least} to ${most}` })
    .min(least, `must be a whole number from ${least} to ${most}`)
    .max(most, `must be a whole number from ${least} to ${most}`);
const yesNo = () => z.boolean({ error: 'must be true or false' });

const route = z.strictObject({
  to: text('a called number, * standing for any characters').default('*'),
  trunk: text('the name of a trunk').optional(),
  script: text('the path or the http(s) URL of an SWML document'),
});

const trunk = z.strictObject({
  name: text('a name'),
  addresses: z.array(text('an address or a network such as 192.0.2.0/24')).default([]),
  outbound: z
    .strictObject({
      address: hostPort(),
      transport: z.enum(['udp', 'tcp'], { error: 'must be udp or tcp' }).default('udp'),
      username: z.string().default(''),
      password: z.string().default(''),
      numbers: z
        .array(
          z.strictObject({
            prefix: z.string().default(''),
            strip: count(0, 32).default(0),
            add: z
              .string()
              .regex(/^\+?[0-9*#]{0,32}$/, 'must be digits, + before them where due')
              .default(''),
          }),
        )
        .default([]),
      from: z
        .string()
        .regex(/^[\w.+*-]{0,64}$/, 'must be a number, or empty')
        .default(''),
      headers: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
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

/**
 * The whole configuration: every key of config/sipreel.yaml, its default and what is allowed. Unknown keys are errors.
 * Durations become milliseconds, sizes bytes.
 */
export const configSchema = z.strictObject({
  node: z.strictObject({ id: z.string().default('') }).prefault({}),
  data: z
    .strictObject({ dir: text('a directory').default('/var/lib/sipreel'), keep_spool: yesNo().default(false) })
    .prefault({}),
  sip: z
    .strictObject({
      drachtio: z
        .array(z.strictObject({ address: hostPort(), secret: text('the secret of the drachtio-server') }))
        .min(1, 'must name one drachtio-server at least')
        .prefault([{ address: '127.0.0.1:9022', secret: 'cymru' }]),
      max_message: size().prefault('11kB'),
    })
    .prefault({}),
  trunks: z.array(trunk).default([]),
  routes: z.array(route).default([]),
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
    })
    .prefault({}),
  media: z.strictObject({ address: text('an IP address that rtpengine can reach').default('127.0.0.1') }).prefault({}),
  capture: z
    .strictObject({
      address: text('an IP address that rtpengine can reach').default('127.0.0.1'),
      threads: count(1, 64).default(2),
      flush: duration().prefault('450ms'),
    })
    .prefault({}),
  digits: z.strictObject({ inband: yesNo().default(false) }).prefault({}),
  encode: z
    .strictObject({
      concurrency: count(1, 64).default(2),
      piece: duration()
        .refine((ms) => ms === 0 || ms >= 10_000, 'must be 10s at least, or 0s')
        .prefault('60s'),
      ffmpeg: z.string().default(''),
      timeout: duration().prefault('30s'),
    })
    .prefault({}),
  storage: z
    .strictObject({
      name: text('a pattern such as {yyyy}/{mm}/{recording_id}').default('{yyyy}/{mm}/{dd}/{recording_id}'),
      stores: z
        .array(store)
        .min(1, 'must name one store at least')
        .prefault([{ disk: '' }]),
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
      wait: duration().prefault('60s'),
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
