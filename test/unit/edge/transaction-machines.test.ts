import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newInviteClient, stepInviteClient } from '../../../src/edge/transaction/invite-client.ts';
import { newInviteServer, stepInviteServer } from '../../../src/edge/transaction/invite-server.ts';
import type { ClientEvent, Effect, MachineContext, ServerEvent } from '../../../src/edge/transaction/machine.ts';
import { newNonInviteClient, stepNonInviteClient } from '../../../src/edge/transaction/non-invite-client.ts';
import { newNonInviteServer, stepNonInviteServer } from '../../../src/edge/transaction/non-invite-server.ts';
import { provisionalResends, successResends } from '../../../src/edge/transaction/resend.ts';
import { runMachine } from '../../../src/edge/transaction/run.ts';
import { RFC_TIMERS } from '../../../src/edge/transaction/timers.ts';
import { createManualClock } from './manual-clock.ts';

const UDP: MachineContext = { timers: RFC_TIMERS, reliable: false };
const TCP: MachineContext = { timers: RFC_TIMERS, reliable: true };
const timerEvent = (timer: 'A') => ({ type: 'timer', timer }) as const;

/** Runs a machine on a clock of its own and writes down what it does: `500 send request`, `32000 end`. */
function trace(kind: keyof typeof MACHINES, context: MachineContext) {
  const clock = createManualClock();
  const seen: string[] = [];
  const note = (what: string) => void seen.push(`${clock.nowMs()} ${what}`);
  const machine = MACHINES[kind](context, {
    after: clock.after,
    timerEvent: timerEvent as (timer: string) => never,
    perform: (effect) => note(effect.do === 'send' ? `send ${effect.what}` : `tell ${effect.of}`),
    onEnd: () => note('end'),
  });
  return {
    clock,
    at(ms: number, event: ClientEvent | ServerEvent) {
      clock.advance(ms - clock.nowMs());
      machine.feed(event as never);
      return this;
    },
    until(ms: number) {
      clock.advance(ms - clock.nowMs());
      return seen;
    },
  };
}

interface Hooks {
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly timerEvent: (timer: string) => never;
  readonly perform: (effect: Extract<Effect, { do: 'send' | 'tell' }>) => void;
  readonly onEnd: () => void;
}

const MACHINES = {
  inviteClient: (context: MachineContext, hooks: Hooks) =>
    runMachine({ ...hooks, context, initial: newInviteClient(context), step: stepInviteClient }),
  nonInviteClient: (context: MachineContext, hooks: Hooks) =>
    runMachine({ ...hooks, context, initial: newNonInviteClient(context), step: stepNonInviteClient }),
  inviteServer: (context: MachineContext, hooks: Hooks) =>
    runMachine({ ...hooks, context, initial: newInviteServer, step: stepInviteServer }),
  nonInviteServer: (context: MachineContext, hooks: Hooks) =>
    runMachine({ ...hooks, context, initial: newNonInviteServer, step: stepNonInviteServer }),
};

const response = (status: number) => ({ type: 'response', status }) as const;
const respond = (status: number) => ({ type: 'respond', status }) as const;
const start = { type: 'start' } as const;

describe('an INVITE client transaction (RFC 3261 section 17.1.1)', () => {
  test('repeats its request after T1, then at doubled intervals, and gives up after 64*T1 (timers A and B)', () => {
    const seen = trace('inviteClient', UDP).at(0, start).until(100_000);
    expect(seen).toEqual([
      ...['0 send request', '500 send request', '1500 send request', '3500 send request'],
      ...['7500 send request', '15500 send request', '31500 send request', '32000 tell timeout', '32000 end'],
    ]);
  });

  test('sends once over TCP', () => {
    expect(trace('inviteClient', TCP).at(0, start).until(100_000)).toEqual([
      ...['0 send request', '32000 tell timeout', '32000 end'],
    ]);
  });

  test('waits for ever after a provisional response', () => {
    const run = trace('inviteClient', UDP).at(0, start).at(100, response(180)).at(60_000, response(183));
    expect(run.until(600_000)).toEqual(['0 send request', '100 tell response', '60000 tell response']);
    expect(run.clock.waiting()).toBe(0);
  });

  test('acknowledges each 486 by itself until timer D', () => {
    const run = trace('inviteClient', UDP).at(0, start).at(10, response(486)).at(510, response(486));
    expect(run.until(100_000)).toEqual([
      ...['0 send request', '10 send ack', '10 tell response', '510 send ack', '32010 end'],
    ]);
  });

  test('acknowledges a 486 over TCP and ends', () => {
    expect(trace('inviteClient', TCP).at(0, start).at(10, response(486)).until(100_000)).toEqual([
      ...['0 send request', '10 send ack', '10 tell response', '10 end'],
    ]);
  });

  test('tells of each 200 until timer M (RFC 6026)', () => {
    const run = trace('inviteClient', UDP).at(0, start).at(10, response(200)).at(510, response(200));
    expect(run.until(100_000)).toEqual(['0 send request', '10 tell response', '510 tell response', '32010 end']);
  });

  test('ends 64*T1 after a CANCEL that brought no final response (section 9.1)', () => {
    const run = trace('inviteClient', UDP).at(0, start).at(10, response(180)).at(1000, { type: 'cancelled' });
    expect(run.until(100_000)).toEqual(['0 send request', '10 tell response', '33000 tell timeout', '33000 end']);
  });

  test('tells where it can not be sent', () => {
    expect(trace('inviteClient', UDP).at(0, start).at(5, { type: 'transport_error' }).until(9000)).toEqual([
      ...['0 send request', '5 tell transport_error', '5 end'],
    ]);
  });
});

describe('another client transaction (section 17.1.2)', () => {
  test('repeats its request at intervals up to T2 and gives up after 64*T1 (timers E and F)', () => {
    const seen = trace('nonInviteClient', UDP).at(0, start).until(100_000);
    const sent = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    expect(seen).toEqual([...sent.map((ms) => `${ms} send request`), '32000 tell timeout', '32000 end']);
  });

  test('goes on in T2 after a provisional response', () => {
    const run = trace('nonInviteClient', UDP).at(0, start).at(100, response(100));
    expect(run.until(9000)).toEqual([
      ...['0 send request', '100 tell response', '500 send request', '4500 send request', '8500 send request'],
    ]);
  });

  test('takes the final response once and ends after T4 (timer K)', () => {
    const run = trace('nonInviteClient', UDP).at(0, start).at(10, response(200)).at(510, response(200));
    expect(run.until(100_000)).toEqual(['0 send request', '10 tell response', '5010 end']);
  });

  test('ends at once over TCP', () => {
    expect(trace('nonInviteClient', TCP).at(0, start).at(10, response(404)).until(100_000)).toEqual([
      ...['0 send request', '10 tell response', '10 end'],
    ]);
  });
});

describe('an INVITE server transaction (section 17.2.1)', () => {
  const again = { type: 'request' } as const;

  test('sends its latest provisional response again for each repeated request', () => {
    const run = trace('inviteServer', UDP).at(1, again).at(2, respond(100)).at(500, again).at(600, respond(180));
    expect(run.at(1500, again).until(90_000)).toEqual([
      ...['2 send response', '500 send response', '600 send response', '1500 send response'],
    ]);
  });

  test('repeats a 486 until its ACK, which it keeps to itself (timers G, H and I)', () => {
    const run = trace('inviteServer', UDP).at(0, respond(486)).at(2000, { type: 'ack' });
    expect(run.until(100_000)).toEqual(['0 send response', '500 send response', '1500 send response', '7000 end']);
  });

  test('repeats a 486 up to T2 apart and gives up after 64*T1', () => {
    const seen = trace('inviteServer', UDP).at(0, respond(486)).until(100_000);
    const sent = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    expect(seen).toEqual([...sent.map((ms) => `${ms} send response`), '32000 end']);
  });

  test('sends a 486 once over TCP, and ends with its ACK', () => {
    expect(trace('inviteServer', TCP).at(0, respond(486)).at(20, { type: 'ack' }).until(100_000)).toEqual([
      ...['0 send response', '20 end'],
    ]);
  });

  test('swallows repeated requests after a 200 and hands on its ACK (RFC 6026)', () => {
    const run = trace('inviteServer', UDP).at(0, respond(200)).at(10, again).at(500, respond(200));
    expect(run.at(600, { type: 'ack' }).until(100_000)).toEqual([
      ...['0 send response', '500 send response', '600 tell ack', '32000 end'],
    ]);
  });
});

describe('another server transaction (section 17.2.2)', () => {
  test('sends its final response again for each repeated request until timer J', () => {
    const run = trace('nonInviteServer', UDP).at(0, { type: 'request' }).at(5, respond(200));
    expect(run.at(500, { type: 'request' }).until(100_000)).toEqual([
      ...['5 send response', '500 send response', '32005 end'],
    ]);
  });

  test('ends without one where its user abandons it', () => {
    expect(trace('nonInviteServer', UDP).at(32_000, { type: 'abandon' }).until(100_000)).toEqual(['32000 end']);
  });

  test('ends with its final response over TCP', () => {
    expect(trace('nonInviteServer', TCP).at(5, respond(404)).until(100_000)).toEqual(['5 send response', '5 end']);
  });
});

describe('a response that waits', () => {
  test('for its ACK is repeated up to T2 apart for 64*T1 (section 13.3.1.4)', () => {
    const { waitsMs, lastMs } = successResends(RFC_TIMERS);
    expect(waitsMs.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 4000]);
    expect(waitsMs.reduce((sum, each) => sum + each, 0) + lastMs).toBe(32_000);
  });

  test('for its PRACK is repeated at doubled intervals for 64*T1 (RFC 3262 section 3)', () => {
    const { waitsMs, lastMs } = provisionalResends(RFC_TIMERS);
    expect(waitsMs).toEqual([500, 1000, 2000, 4000, 8000, 16_000]);
    expect(lastMs).toBe(500);
  });
});

describe('every transaction ends by itself once it has a final response, whatever else comes', () => {
  const clientNoise: (ClientEvent | ServerEvent)[] = [
    ...[response(180), response(200), response(486)],
    ...([{ type: 'cancelled' }, { type: 'transport_error' }] as const),
  ];
  const serverNoise: (ClientEvent | ServerEvent)[] = [
    ...[respond(180), respond(200), respond(486)],
    ...([{ type: 'request' }, { type: 'ack' }, { type: 'transport_error' }] as const),
  ];

  test.each(['inviteClient', 'nonInviteClient', 'inviteServer', 'nonInviteServer'] as const)('%s', (kind) => {
    const isClient = kind === 'inviteClient' || kind === 'nonInviteClient';
    const noise = fc.constantFrom(...(isClient ? clientNoise : serverNoise));
    const events = fc.array(fc.tuple(fc.nat(5000), noise), { maxLength: 30 });
    fc.assert(
      fc.property(fc.boolean(), events, (reliable, steps) => {
        const run = trace(kind, reliable ? TCP : UDP);
        if (isClient) run.at(0, start);
        let at = 0;
        for (const [wait, event] of steps) {
          at += wait;
          run.at(at, event);
        }
        run.at(at, isClient ? response(500) : respond(500));
        expect(run.until(at + 200_000).filter((line) => line.endsWith(' end'))).toHaveLength(1);
        expect(run.clock.waiting()).toBe(0);
      }),
    );
  });
});
