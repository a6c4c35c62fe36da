import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSource } from '../../../src/switch/swml/read-source.ts';
import { createScriptParser } from '../../../src/switch/swml/script-parser.ts';
import { createFairQueue } from '../../../src/switch/swml/thread/fair-queue.ts';
import { packNode, unpackNode } from '../../../src/switch/swml/thread/node-text.ts';
import { anyScript } from './any-script.ts';

describe('values of a script that go from thread to thread', () => {
  it.each([
    '{a: {b: [1, "x", null, true, 1.5]}, __proto__: {c: []}, "": {}}',
    'a: &x [1, {b: 2}]\nc: *x\nd:\n  - - e: *x',
    '[]',
    'text',
  ])('are the same with their places: %j', (text) => {
    const node = readSource(text, 'x');
    expect(unpackNode(packNode(node))).toEqual(node);
  });

  it('are the same for any script', () => {
    fc.assert(
      fc.property(anyScript, (script) => {
        const node = readSource(JSON.stringify(script, null, 1), 'x');
        expect(unpackNode(packNode(node))).toEqual(node);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a fair queue', () => {
  it('serves who has used least, and what comes first where that is the same', () => {
    const queue = createFairQueue<string>();
    const [busy, idle, other] = [{}, {}, {}];
    queue.charge(busy, 150);
    queue.charge(other, 1);
    queue.add('busy 1', busy);
    queue.add('busy 2', busy);
    queue.add('other', other);
    queue.add('idle 1', idle);
    queue.add('idle 2', idle);
    queue.add('nobody');
    expect(Array.from({ length: 7 }, () => queue.take())).toEqual([
      ...['idle 1', 'idle 2', 'nobody', 'other', 'busy 1', 'busy 2'],
      undefined,
    ]);
  });
});

describe('a script parser', () => {
  const small = 'sections: {main: [{answer: {}}]}';
  const large = `# ${'x'.repeat(5_000)}\n${small}`;
  const createReading = () => {
    const asked: string[] = [];
    const parse = createScriptParser({
      read: async (text, name) => {
        asked.push(name);
        return readSource(text, name);
      },
    });
    return { asked, parse };
  };

  it('has large texts read elsewhere, and each text once', async () => {
    const { asked, parse } = createReading();
    const first = await parse(large, { name: 'large' });
    expect(first.sections.get('main')?.block.steps.map(({ method }) => method.name)).toEqual(['answer']);
    expect(await parse(large, { name: 'large' })).toBe(first);
    await parse(small, { name: 'small' });
    expect(asked).toEqual(['large']);
  });

  it('tells scripts apart by name and strictness', async () => {
    const { parse } = createReading();
    const [a, b, strict] = [
      await parse(small, { name: 'a' }),
      await parse(small, { name: 'b' }),
      await parse(small, { name: 'a', strict: true }),
    ];
    expect([a.name, b.name, strict.strict, a.strict]).toEqual(['a', 'b', true, false]);
    await expect(parse('sections: {main: [answer]}', { name: 'a', strict: true })).rejects.toThrow('strict');
  });

  it('has the same errors for texts that are read elsewhere', async () => {
    const { parse } = createReading();
    const broken = `${large}\nextra: 1`;
    await expect(parse(broken, { name: 'x' })).rejects.toMatchObject({
      code: 'relay_script_element_undefined',
      details: { line: 3, column: 1, path: 'extra' },
    });
  });

  it('forgets the oldest texts', async () => {
    const { asked, parse } = createReading();
    const texts = Array.from({ length: 6 }, (_, index) => `# ${index}${'x'.repeat(900_000)}\n${small}`);
    for (const text of texts) await parse(text, { name: 'x' });
    await parse(texts.at(-1) ?? '', { name: 'x' });
    expect(asked).toHaveLength(6);
    await parse(texts[0] ?? '', { name: 'x' });
    expect(asked).toHaveLength(7);
  });
});
