import { pino } from 'pino';
import { expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import type { DialTarget } from '../../../src/switch/sip/dial-plan.ts';
import { hunt } from '../../../src/switch/sip/hunt.ts';
import type { DialOutcome, OutboundLeg } from '../../../src/switch/sip/outbound-leg.ts';

const refused = (status: number, elsewhere = false): DialOutcome => ({
  answered: false,
  status,
  reason: 'refused',
  elsewhere,
});
const answered: DialOutcome = { answered: true, sdp: 'v=0' };

/** Trunks by name, and what becomes of an INVITE to each; `rings` and `silent` go on until they are ended. */
const create = (
  outcomes: Readonly<Record<string, DialOutcome | 'rings' | 'silent' | 'full'>>,
  codecs: Readonly<Record<string, readonly string[]>> = {},
) => {
  const seen = {
    dialled: [] as string[],
    ended: [] as string[],
    taken: [] as string[],
    released: [] as string[],
    next: 0,
  };
  const targets = Object.keys(outcomes).map(
    (trunk): DialTarget => ({
      uri: `sip:1@${trunk}`,
      from: '<sip:a@b>',
      headers: {},
      trunk,
      ...(codecs[trunk] ? { offered: { codecs: codecs[trunk] } } : {}),
    }),
  );
  const byes = new Map<string, () => void>();
  const leg = hunt({
    targets,
    timeoutMs: 10_000,
    offer: async (wanted) => `offer of ${wanted?.codecs?.join(' ') ?? 'all'}`,
    take(trunk) {
      if (outcomes[trunk] === 'full') throw new SipreelError('trunk_full', `the trunk ${trunk} is full`);
      seen.taken.push(trunk);
      return { release: () => void seen.released.push(trunk) };
    },
    isSilent: async (trunk, heard) => outcomes[trunk] === 'silent' && !heard.aborted,
    dial({ trunk = '' }, { sdp, onRinging, onEnd }): OutboundLeg {
      seen.dialled.push(`${trunk}: ${sdp}`);
      byes.set(trunk, () => onEnd('bye'));
      let settle: (outcome: DialOutcome) => void = () => undefined;
      const outcome = new Promise<DialOutcome>((resolve) => {
        settle = resolve;
      });
      const given = outcomes[trunk];
      if (given === 'rings') onRinging();
      if (typeof given === 'object') settle(given);
      return {
        outcome,
        end: async () => {
          seen.ended.push(trunk);
          settle(refused(487));
        },
        info: async () => 200,
        reinvite: async () => ({ status: 200, headers: {}, body: '' }),
      };
    },
    onRinging: () => undefined,
    onEnd: () => undefined,
    onNext: () => void seen.next++,
    log: pino({ level: 'silent' }),
  });
  return { leg, seen, byes };
};

test('the next trunk is dialled where one takes no call, and what it says is the outcome', async () => {
  const { leg, seen, byes } = create(
    { a: refused(503, true), b: refused(408, true), c: answered, d: answered },
    { c: ['PCMA'] },
  );
  expect(await leg.outcome).toEqual({ answered: true, sdp: 'v=0', offered: { codecs: ['PCMA'] } });
  expect(seen.dialled).toEqual(['a: offer of all', 'b: offer of all', 'c: offer of PCMA']);
  expect(seen.next).toBe(2);
  expect(seen.released).toEqual(['a', 'b']);
  byes.get('c')?.();
  expect(seen.released).toEqual(['a', 'b', 'c']);
});

test.each([
  [486, false],
  [404, false],
  [500, false],
])('a trunk that answers %s has decided for all', async (status, elsewhere) => {
  const { leg, seen } = create({ a: refused(status, elsewhere), b: answered });
  expect(await leg.outcome).toMatchObject({ answered: false, status });
  expect(seen.dialled).toHaveLength(1);
  expect(seen.released).toEqual(['a']);
});

test('a trunk that is silent is ended and passed over, but for the last one', async () => {
  const { leg, seen } = create({ a: 'silent', b: 'silent' });
  await expect.poll(() => seen.dialled.length).toBe(2);
  expect([seen.ended, seen.released]).toEqual([['a'], ['a']]);
  await leg.end();
  expect(await leg.outcome).toMatchObject({ answered: false, status: 487 });
});

test('a trunk that has all its calls is passed over', async () => {
  const { leg, seen } = create({ a: 'full', b: answered });
  expect(await leg.outcome).toMatchObject({ answered: true });
  expect([seen.dialled, seen.taken]).toEqual([['b: offer of all'], ['b']]);
});

test('where all are full, that is the outcome', async () => {
  const { leg } = create({ a: 'full', b: 'full' });
  expect(await leg.outcome).toMatchObject({ answered: false, status: 503, reason: 'the trunk b is full' });
});

test('who ends it ends the one that rings, and no other is dialled; its place is given back', async () => {
  const { leg, seen } = create({ a: refused(503, true), b: 'rings', c: answered });
  await expect.poll(() => seen.dialled.length).toBe(2);
  await leg.end();
  expect(await leg.outcome).toMatchObject({ answered: false, status: 487 });
  expect([seen.ended, seen.dialled.length]).toEqual([['b'], 2]);
  expect(new Set(seen.released)).toEqual(new Set(['a', 'b']));
});

test('one that is ended before it is dialled is not dialled', async () => {
  const { leg, seen } = create({ a: answered });
  await leg.end();
  expect(await leg.outcome).toMatchObject({ answered: false });
  expect([seen.dialled, seen.released]).toEqual([[], expect.arrayContaining(['a'])]);
});
