import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import { anyScript } from './any-script.ts';
import { createScriptedCall, run } from './scripted-call.ts';

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
      fc.asyncProperty(anyScript, fc.nat({ max: 20 }), async (written, turns) => {
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
