import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import { createScriptedCall, run } from './scripted-call.ts';

const value = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'a',
    'sub',
    'mp3',
    'speak',
    'say:x',
    'https://x.example/',
    '#',
    1,
    -1,
    0,
    true,
    null,
    'wav',
    'busy',
  ),
  fc.constantFrom(
    '${a}',
    '${a.b[0]}',
    '%{call.from}',
    'x ${vars.c} y',
    '${1 + 1}',
    '${a.b.c.d}',
    '${',
    'a == 1',
    'true',
  ),
);
const steps = fc.letrec<{ step: unknown; block: unknown[] }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('answer', 'hangup', 'play', 'record_call', 'stop_record_call', 'return', 'set', 'goto'),
    fc.record({ play: fc.oneof(value, fc.record({ url: value, loop: value }, { requiredKeys: ['url'] })) }),
    fc.record({
      record_call: fc.dictionary(
        fc.constantFrom('format', 'direction', 'control_id', 'beep', 'max_length', 'odd'),
        value,
      ),
    }),
    fc.record({ stop_record_call: value }),
    fc.record({ set: fc.dictionary(fc.constantFrom('a', 'a.b', 'c[1]', '__proto__.x', 'return_value'), value) }),
    fc.record({ unset: value }),
    fc.record({ label: fc.constantFrom('a', 'b', 'c') }),
    fc.record({
      goto: fc.oneof(
        value,
        fc.record({ label: fc.constantFrom('a', 'b'), when: value, max: value }, { requiredKeys: ['label'] }),
      ),
    }),
    fc.record({ return: value }),
    fc.record({ transfer: value }),
    fc.record({ sleep: fc.constantFrom(0, 1, -1, 'x') }),
    fc.record({
      execute: fc.record({ dest: value, on_return: tie('block'), params: value }, { requiredKeys: ['dest'] }),
    }),
    fc.record({
      // biome-ignore lint/suspicious/noThenProperty: the name is SWML's.
      cond: fc.array(fc.record({ when: value, then: tie('block'), else: tie('block') }, { requiredKeys: [] }), {
        maxLength: 3,
      }),
    }),
    fc.record({
      switch: fc.record(
        { variable: value, case: fc.dictionary(fc.constantFrom('1', 'a'), tie('block')), default: tie('block') },
        { requiredKeys: ['variable', 'case'] },
      ),
    }),
  ),
  block: fc.array(tie('step'), { maxLength: 5 }),
}));
const script = fc.record({ sections: fc.record({ main: steps.block, sub: steps.block }) });

describe('any script', () => {
  it('is refused or comes to an end with the call, and nothing is left that fails unseen', async () => {
    const unseen: unknown[] = [];
    const watch = (reason: unknown): void => void unseen.push(reason);
    process.on('unhandledRejection', watch);
    const ends = new Map<string, number>();
    const odd = <T>(answer: T) =>
      fc.sample(
        fc.constantFrom<() => T | Promise<T>>(
          () => answer,
          () => Promise.reject(new SipreelError('redis_away', 'x')),
          () => new Promise<T>((resolve) => setImmediate(resolve, answer)),
        ),
        1,
      )[0]?.() ?? answer;
    await fc.assert(
      fc.asyncProperty(script, fc.nat({ max: 20 }), async (written, turns) => {
        try {
          parseScript(written, { name: 'x' });
        } catch (thrown) {
          if (!(thrown instanceof SipreelError)) throw thrown;
          ends.set('refused', (ends.get('refused') ?? 0) + 1);
          return;
        }
        const call = createScriptedCall({ play: () => odd(undefined), stop: () => odd('success' as const) });
        const endLater = (left: number): void =>
          void setImmediate(() => (left === 0 ? call.end() : endLater(left - 1)));
        endLater(turns);
        const { end } = await run(JSON.stringify(written), call);
        ends.set(end.result, (ends.get(end.result) ?? 0) + 1);
        if (end.result === 'script_error') {
          expect(end.error.code).toMatch(/^relay_script_/);
          expect(end.error.code, end.error.message).not.toBe('relay_script_internal_error');
          expect(end.error.details).toMatchObject({ path: expect.any(String), line: expect.any(Number) });
        }
      }),
      { numRuns: 600 },
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', watch);
    expect(unseen).toEqual([]);
    for (const result of ['completed', 'hangup', 'call_ended', 'script_error', 'refused']) {
      expect(ends.get(result), `scripts that ended with ${result}`).toBeGreaterThan(0);
    }
  }, 60_000);
});
