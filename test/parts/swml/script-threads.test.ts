import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScriptThreads, type ScriptThreads } from '../../../dist/switch/swml/thread/script-threads.js';
import { readSource } from '../../../src/switch/swml/read-source.ts';
import { badExpressions, goodExpressions, scopes } from '../../unit/swml/tables/expressions.ts';

let logged: string[] = [];
const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
let threads: ScriptThreads;

beforeAll(() => {
  threads = createScriptThreads({ log });
  threads.start();
});
afterAll(() => threads.close());

const endless = '(() => { for (;;) {} })()';
const caller = (signal = new AbortController().signal) => ({ call: {}, signal });

describe('an expression on a script thread', { timeout: 60_000 }, () => {
  test.each(goodExpressions)('%s is %j', async (expression, value) => {
    expect(await threads.evaluate(expression, scopes, caller())).toEqual(value);
  });

  test.each(badExpressions)('%s is refused with the reason', async (expression, reason) => {
    await expect(threads.evaluate(expression, scopes, caller())).rejects.toThrow(reason);
  });

  test('does not hold up this thread', async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    await expect(threads.evaluate(endless, scopes, caller())).rejects.toThrow('longer than 150 ms');
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
  });

  test('of one who has used little comes before those of others who wait', async () => {
    const done: string[] = [];
    const busy = Array.from({ length: 8 }, () => caller());
    const wait = async (who: string, asked: Promise<unknown>) => {
      await asked.catch(() => undefined);
      done.push(who);
    };
    const first = busy.map((each) => wait('first', threads.evaluate(endless, scopes, each)));
    await Promise.all(first);
    const again = busy.map((each) => wait('busy', threads.evaluate(endless, scopes, each)));
    const quick = wait('quick', threads.evaluate('1', scopes, caller()));
    await Promise.all([...again, quick]);
    expect(done.slice(8).indexOf('quick')).toBe(1);
  });

  test('of a call that has ended is not evaluated any more', async () => {
    const ended = new AbortController();
    const running = threads.evaluate(endless, scopes, caller()).catch(() => undefined);
    const waiting = threads.evaluate('1', scopes, caller(ended.signal));
    const reason = new Error('the call is over');
    ended.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await running;
  });
});

describe('a script thread', { timeout: 60_000 }, () => {
  test('reads a script with the same values, places and errors', async () => {
    const text = 'sections: &s\n  main:\n    - play: [say:a, {b: 1}]\n    - *x\n'.replace('- *x', '- answer');
    expect(await threads.read(text, 'x.yaml')).toEqual(readSource(text, 'x.yaml'));
    await expect(threads.read('a: [', 'x.yaml')).rejects.toMatchObject({
      code: 'relay_script_parse_error',
      message: expect.stringMatching(/^x\.yaml:1:5: /),
      details: { script: 'x.yaml', line: 1, column: 5 },
    });
  });

  test('that does not come to an end is replaced, and the others are served', async () => {
    logged = [];
    const impatient = createScriptThreads({ log, patienceMs: 40 });
    await impatient.read('a: 1', 'x').catch(() => undefined);
    const stuck = expect(impatient.evaluate(endless, scopes, caller())).rejects.toThrow('not done within 40 ms');
    const next = impatient.read('a: 2', 'x').catch((error: Error) => error.message);
    await stuck;
    // The new thread may need longer than that to start; what counts is that somebody answers.
    expect(await next).toBeDefined();
    await impatient.close();
    expect(logged).toEqual([]);
  });

  test('that is closed refuses what waits and what comes', async () => {
    const closing = createScriptThreads({ log });
    const outcomes = Promise.allSettled([
      closing.evaluate(endless, scopes, caller()),
      closing.evaluate('1', scopes, caller()),
    ]);
    await closing.close();
    await closing.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(closing.read('a: 1', 'x')).rejects.toThrow('going down');
  });
});
