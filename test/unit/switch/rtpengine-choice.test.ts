import { pino } from 'pino';
import { expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import type { NgCommand, Rtpengine } from '../../../src/rtpengine/rtpengine.ts';
import { createRtpengineChoice } from '../../../src/switch/rtpengine-choice.ts';

/** An rtpengine that answers, hangs, or refuses, as the test says. */
const createOne = (port: number) => {
  const state = { healthy: true, answer: 'ok' as 'ok' | 'away' | 'refused', commands: [] as NgCommand[] };
  const rtpengine: Rtpengine = {
    address: { host: '192.0.2.1', port },
    healthy: () => state.healthy,
    command: async (name) => {
      state.commands.push(name);
      if (state.answer === 'away') throw new SipreelError('rtpengine_away', 'no answer');
      if (state.answer === 'refused') throw new SipreelError('rtpengine_refused', 'no');
      return { sdp: String(port) };
    },
    start: async () => undefined,
    close: () => undefined,
  };
  return { rtpengine, state };
};

const create = (count: number) => {
  const all = Array.from({ length: count }, (_, index) => createOne(index + 1));
  const choose = createRtpengineChoice(
    all.map(({ rtpengine }) => rtpengine),
    pino({ level: 'silent' }),
  );
  return { choose, states: all.map(({ state }) => state) };
};

test('calls go to those that answer, in turn', () => {
  const { choose, states } = create(3);
  const ports = (count: number) => Array.from({ length: count }, () => choose().address().replace('192.0.2.1:', ''));
  expect(ports(6)).toEqual(['1', '2', '3', '1', '2', '3']);
  if (states[1]) states[1].healthy = false;
  expect(new Set(ports(4))).toEqual(new Set(['1', '3']));
  for (const state of states) state.healthy = false;
  expect(choose).toThrow(/no rtpengine answers \(192\.0\.2\.1:1, 192\.0\.2\.1:2, 192\.0\.2\.1:3\)/);
});

test('one that does not answer the first command is passed over, and told to forget it', async () => {
  const { choose, states } = create(2);
  if (states[0]) states[0].answer = 'away';
  const call = choose();
  expect(await call.command('offer', { 'call-id': 'x' })).toEqual({ sdp: '2' });
  expect(call.address()).toBe('192.0.2.1:2');
  expect(states[0]?.commands).toEqual(['offer', 'delete']);
});

test('a call stays where it has begun, whatever becomes of it', async () => {
  const { choose, states } = create(2);
  const call = choose();
  await call.command('offer', {});
  if (states[0]) states[0].answer = 'away';
  await expect(call.command('answer', {})).rejects.toThrow('no answer');
  expect(states[1]?.commands).toEqual([]);
});

test('a refusal is no reason to try another one, and when all are silent it is told', async () => {
  const { choose, states } = create(2);
  for (const state of states) state.answer = 'refused';
  await expect(choose().command('offer', {})).rejects.toThrow('no');
  for (const state of states) state.answer = 'away';
  await expect(choose().command('offer', {})).rejects.toMatchObject({ code: 'rtpengine_away' });
});
