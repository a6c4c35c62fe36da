import { z } from 'zod';
import { srtpModes } from '../sdp/security.ts';
import { age, duration, hostPort } from './units.ts';
import { codecs, count, networks, text } from './values.ts';

const realm = () =>
  text('a realm').regex(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'may have no quotes and no letters beyond ASCII');

const hex = (digits: number, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^[0-9a-fA-F]{${digits}}$`),
      `must be ${what} of USER:REALM:PASSWORD, ${digits} hexadecimal digits`,
    );

const digestAuth = z
  .strictObject({
    username: text('a user name').regex(
      /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,200}$/,
      'may have no quotes and be ASCII alone',
    ),
    password: text('a password').optional(),
    ha1: z
      .strictObject({ 'SHA-256': hex(64, 'SHA-256').optional(), MD5: hex(32, 'MD5').optional() })
      .refine((hashes) => Object.values(hashes).some(Boolean), { error: 'must have SHA-256, MD5 or both' })
      .optional(),
  })
  .refine(({ password, ha1 }) => (password === undefined) !== (ha1 === undefined), {
    error: 'must have a password, or ha1 in its place',
  });

/** New calls in a second: 0 for any number, 0.5 for one in two seconds. */
const perSecond = () =>
  z
    .number({ error: 'must be a number from 0 to 10000' })
    .min(0, 'must not be negative')
    .max(10_000, 'must be 10000 at most');

const limits = { max_calls: count(0, 100_000).default(0), max_cps: perSecond().default(0) };

const probe = z
  .strictObject({
    interval: duration().prefault('30s'),
    timeout: duration().prefault('4s'),
    failures: count(1, 100).default(3),
  })
  .transform(({ interval, timeout, failures }) => ({ intervalMs: interval, timeoutMs: timeout, failures }));

const numberRule = z.strictObject({
  prefix: z.string().default(''),
  strip: count(0, 32).default(0),
  add: z
    .string()
    .regex(/^\+?[0-9*#]{0,32}$/, 'must be digits, + before them where due')
    .default(''),
});

const inbound = z
  .strictObject({ auth: digestAuth.optional(), realm: realm().optional(), ...limits })
  .transform(({ max_calls, max_cps, ...rest }) => ({ ...rest, limit: { maxCalls: max_calls, maxCps: max_cps } }));

const outbound = z
  .strictObject({
    address: hostPort(),
    transport: z.enum(['udp', 'tcp'], { error: 'must be udp or tcp' }).default('udp'),
    username: z
      .string()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it may not have
      .regex(/^[^\x00-\x1f\x7f"\\]*$/, 'must be on one line, without quotes and backslashes')
      .default(''),
    password: z.string().default(''),
    numbers: z.array(numberRule).default([]),
    from: z
      .string()
      .regex(/^[\w.+*-]{0,64}$/, 'must be a number, or empty')
      .default(''),
    from_domain: z
      .string()
      .regex(/^[A-Za-z0-9.-]{0,253}(?::\d{1,5})?$/, 'must be a domain such as sip.example.com, or empty')
      .default(''),
    headers: z.record(z.string(), z.string()).default({}),
    codecs: codecs().default([]),
    srtp: z.enum(srtpModes, { error: `must be ${srtpModes.join(', ')}` }).default('off'),
    probe: probe.prefault({}),
    response_timeout: duration().prefault('4s'),
    ...limits,
  })
  .transform(({ from_domain, response_timeout, max_calls, max_cps, ...rest }) => ({
    ...rest,
    fromDomain: from_domain,
    responseTimeoutMs: response_timeout,
    limit: { maxCalls: max_calls, maxCps: max_cps },
  }));

const trunk = z
  .strictObject({
    name: text('a name'),
    addresses: networks().default([]),
    inbound: inbound.optional(),
    outbound: outbound.optional(),
  })
  .superRefine(({ addresses, inbound: rules }, context) => {
    if (!rules || rules.auth || addresses.length > 0) return;
    context.addIssue({ code: 'custom', path: ['inbound'], message: 'needs auth, or addresses beside it: who calls?' });
  });

/** Carriers: where they call from, what they prove, and how calls go out to them. Names and keys become those of the switch. */
export const trunks = () => z.array(trunk).superRefine(refuseTwins);

const refuseTwins = (list: readonly z.output<typeof trunk>[], context: z.RefinementCtx): void => {
  const names = new Set<string>();
  const users = new Set<string>();
  list.forEach(({ name, addresses, inbound: rules }, index) => {
    if (names.has(name))
      context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is the name of two trunks' });
    names.add(name);
    const user = addresses.length === 0 ? rules?.auth?.username : undefined;
    if (user === undefined) return;
    const path = [index, 'inbound', 'auth', 'username'];
    if (users.has(user))
      context.addIssue({ code: 'custom', path, message: 'is the user of two trunks without addresses' });
    users.add(user);
  });
};

/** How callers without a known address, or with a password, are dealt with: keys of `sip`. */
export const callerKeys = {
  unknown_source: z
    .enum(['auto', 'allow', 'refuse', 'ignore'], { error: 'must be auto, allow, refuse or ignore' })
    .default('auto'),
  digest: z
    .strictObject({
      realm: realm().default('sipreel'),
      algorithms: z
        .array(z.enum(['SHA-256', 'MD5'], { error: 'must be SHA-256 or MD5' }))
        .min(1, 'must have SHA-256, MD5 or both')
        .default(['SHA-256', 'MD5']),
      nonce_lifetime: age().prefault('5min'),
      nonce_secret: z.string().default(''),
    })
    .prefault({}),
};
