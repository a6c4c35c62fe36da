import { setTimeout as after } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { methodTable } from '../../../src/switch/swml/methods/table.ts';
import { type Behaviour, createScriptedCall, run } from './scripted-call.ts';

/** Each of them would wait for ever; a busy machine needs some time for what is at once. */
const atOnceMs = 1000;

const never = () => new Promise<never>(() => undefined);

/** Everything that a call can be asked for and that may take its time. */
const slow: Behaviour = {
  play: never,
  record: never,
  recordingEnded: never,
  stop: never,
  turn: never,
  connect: never,
  prompt: never,
  sendDigits: never,
  tap: never,
  stopTap: never,
  refer: never,
};

/** A step of each method that waits for something, and what it waits for where that is not the call. */
const waiting: Readonly<Record<string, { readonly step: string; readonly slow?: Behaviour; readonly busy?: true }>> = {
  answer: { step: 'answer', slow: { answer: never } },
  // An expression is evaluated in another thread of execution: the engine is never done here.
  cond: { step: 'cond: [{when: "1 + 1", then: [answer]}]', busy: true },
  connect: { step: 'connect: sip:a@b' },
  goto: { step: 'goto: {label: here, when: "1 + 1"}', busy: true },
  if: { step: 'if: {when: "1 + 1", then: [answer]}', busy: true },
  pause_record_call: { step: 'pause_record_call: mine' },
  play: { step: 'play: say:hello' },
  prompt: { step: 'prompt: {play: say:hello}' },
  record: { step: 'record' },
  record_call: { step: 'record_call' },
  request: { step: 'request: {url: "http://a.example/", method: GET}', busy: true },
  resume_record_call: { step: 'resume_record_call: mine' },
  send_digits: { step: 'send_digits: 123' },
  sip_refer: { step: 'sip_refer: sip:a@b' },
  sleep: { step: 'sleep: 3600000' },
  stop_record_call: { step: 'stop_record_call: mine' },
  stop_tap: { step: 'stop_tap: mine' },
  switch: { step: 'switch: {variable: "1 + 1", case: {"2": [answer]}}', busy: true },
  tap: { step: 'tap: rtp://192.0.2.1:4000' },
};

test('the table below names every method that waits', () => {
  const those = [...methodTable.known.values()].filter(({ stoppedBy }) => stoppedBy === 'call_end');
  expect(Object.keys(waiting).sort()).toEqual(those.map(({ name }) => name).sort());
});

test.each(Object.entries(waiting))('%s ends at once when the call ends', async (_name, { step, slow: own, busy }) => {
  const call = createScriptedCall({ ...slow, ...own });
  const options = busy ? { expressions: { evaluate: never }, http: never } : {};
  const running = run(`    - ${step}\n    - play: say:never reached`, call, options);
  await after(20);
  const endedAt = performance.now();
  call.end();
  expect((await running).end).toEqual({ result: 'call_ended' });
  expect(performance.now() - endedAt, 'ms from the end of the call to that of the script').toBeLessThan(atOnceMs);
  expect(call.done).not.toContain('play say:never reached');
});
