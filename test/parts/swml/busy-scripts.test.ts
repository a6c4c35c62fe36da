import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type RunOptions, runScript } from '../../../dist/switch/swml/interpreter.js';
import { parseScript } from '../../../dist/switch/swml/parse-script.js';
import { createScriptThreads } from '../../../dist/switch/swml/thread/script-threads.js';
import { createScriptedCall } from '../../unit/swml/scripted-call.ts';

/** One frame of a prompt, ms. */
const frameMs = 20;
const scripts = 100;
const runMs = 4_000;

const many = (step: (index: number) => string): string =>
  `sections:\n  main:\n${Array.from({ length: 50 }, (_, index) => step(index)).join('\n')}`;
const kinds = [
  many((n) => `    - label: l${n}\n    - set: {n: "\${n} ${n}", "m.a.b[3]": x}\n    - unset: n\n    - goto: l${n}`),
  many((n) => `    - label: l${n}\n    - set: {n: "\${(n || 0) + 1}"}\n    - goto: {label: l${n}, when: n > 0}`),
  many(() => '    - cond: [{when: "(() => { for (let n = 0; n < 1e6; n++); return false })()", then: []}]'),
  `sections:\n  main:\n    - set: {big: "\${Array(30000).fill(1)}"}\n${Array.from(
    { length: 50 },
    (_, n) => `    - label: l${n}\n    - set: {a: "\${big}", b: "x \${big}", c: "\${1 + 1}"}\n    - goto: l${n}`,
  ).join('\n')}`,
];

/** The processor time of this thread, ms: what others do on the machine does not count. */
const usedMs = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6;

test(`${scripts} busy scripts leave the event loop to prompts every ${frameMs} ms`, async () => {
  const log = pino({ level: 'silent' });
  const threads = createScriptThreads({ log });
  threads.start();
  const options: RunOptions = { log, expressions: threads };
  const calls = Array.from({ length: scripts }, () => createScriptedCall());
  const documents = kinds.map((text) => parseScript(text, { name: 'busy.yaml' }));
  let rounds = 0;
  const running = calls.map(async (call, index) => {
    for (; !call.port.signal.aborted; rounds++) {
      await runScript(documents[index % kinds.length] as (typeof documents)[number], call.port as never, options);
    }
  });
  const turns: number[] = [];
  let last = usedMs();
  let over = false;
  const measure = (): void => {
    const now = usedMs();
    turns.push(now - last);
    last = now;
    if (!over) setImmediate(measure);
  };
  // The first turns still compile.
  await sleep(1_000);
  last = usedMs();
  setImmediate(measure);
  await sleep(runMs);
  over = true;
  for (const call of calls) call.end();
  await Promise.all(running);
  await threads.close();

  const sorted = turns.sort((a, b) => b - a);
  const told = `the longest of ${turns.length} turns: ${sorted
    .slice(0, 10)
    .map((ms) => ms.toFixed(1))
    .join(', ')} ms`;
  expect(rounds, 'scripts that ran into their limit').toBeGreaterThan(0);
  // What is over a frame now and then is the collector's; a script would be over it always.
  expect(sorted.filter((ms) => ms > frameMs).length, told).toBeLessThanOrEqual(2);
  expect(sorted[Math.floor(turns.length / 100)], told).toBeLessThan(frameMs / 2);
}, 60_000);
