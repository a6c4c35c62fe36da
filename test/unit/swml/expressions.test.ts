import { describe, expect, it } from 'vitest';
import { createQuickJsEngine } from '../../../src/switch/swml/expressions/quickjs-engine.ts';
import { badExpressions, goodExpressions, scopes } from './tables/expressions.ts';

const engine = createQuickJsEngine();
describe('an expression', { timeout: 60_000 }, () => {
  it.each(goodExpressions)('%s is %j', async (expression, value) => {
    expect(await engine.evaluate(expression, scopes)).toEqual(value);
  });

  it.each(badExpressions)('%s is refused with the reason', async (expression, reason) => {
    const started = performance.now();
    await expect(engine.evaluate(expression, scopes)).rejects.toThrow(reason);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(await engine.evaluate('1 + 1', scopes)).toBe(2);
  });

  it('keeps nothing for the next one', async () => {
    await engine.evaluate('globalThis.left = 1', scopes);
    await engine.evaluate('Object.prototype.left = 1', scopes);
    expect(await engine.evaluate('typeof left + typeof {}.left', scopes)).toBe('undefinedundefined');
  });

  it('does not reach this process by way of its data', async () => {
    const result = await engine.evaluate('vars.items.constructor.constructor("return typeof process")()', scopes);
    expect(result).toBe('undefined');
  });

  it('may use 16 MB and no more, whatever it makes of it', async () => {
    const fill = (count: number) => `Array.from({length: ${count}}, (_, i) => i + 0.5).length`;
    expect(await engine.evaluate(fill(100_000), scopes)).toBe(100_000);
    for (const greedy of [fill(5_000_000), '(() => { let s = "x"; for (;;) s += s + "y"; })()']) {
      await expect(createQuickJsEngine({ deadlineMs: 60_000 }).evaluate(greedy, scopes)).rejects.toThrow(
        /out of memory|string too long|null/i,
      );
    }
    expect(await engine.evaluate('1 + 1', scopes)).toBe(2);
  });

  it('may run as long as it is told, by the processor time of its thread', async () => {
    const started = performance.now();
    const impatient = createQuickJsEngine({ deadlineMs: 20 });
    await impatient.evaluate('1', scopes);
    await expect(impatient.evaluate('(() => { for (;;) {} })()', scopes)).rejects.toThrow('longer than 20 ms');
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.each([
    [`${'1+'.repeat(511)}10`, 1_024],
    [`${'1+'.repeat(512)}1`, 1_025],
  ])('of 1,024 characters is evaluated, one more is refused', async (expression, length) => {
    expect(expression).toHaveLength(length);
    const result = engine.evaluate(expression, scopes);
    if (length > 1_024) await expect(result).rejects.toThrow('1025 characters; 1024 are allowed');
    else expect(await result).toBe(521);
  });
});
