import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath, printPath } from '../../../src/switch/swml/path.ts';
import { createVariables, maxVariablesSize, sizeOf } from '../../../src/switch/swml/variables.ts';

const create = () =>
  createVariables({
    call: () => ({ from: 'sip:a@b', type: 'sip', shared: 'call', headers: { 'X-Id': '7' } }),
    envs: { key: 'env', shared: 'env', 'under-lined': 'yes' },
    vars: { a: { b: [{ c: 1 }, 2] }, shared: 'var', empty: '', headers2: { 'content-type': 'text/plain', x: 5 }, n: 5 },
  });

describe('looking up', () => {
  it.each<[string, unknown]>([
    ['a.b[0].c', 1],
    ['a.b.1', 2],
    ['vars.a.b[1]', 2],
    ['shared', 'var'],
    ['envs.shared', 'env'],
    ['call.shared', 'call'],
    ['key', 'env'],
    ['type', 'sip'],
    ['from', 'sip:a@b'],
    ['call.headers["X-Id"]', '7'],
    ["call.headers['X-Id']", '7'],
    ['call.headers.X-Id', '7'],
    ['headers2.content-type', 'text/plain'],
    ['headers2.content-length', undefined],
    ['under-lined', 'yes'],
    ['nothing-here', undefined],
    ['params.x', 'of the section'],
    ['x', undefined],
    ['missing', undefined],
    ['a.b[9].c', undefined],
    ['shared.length', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['a.constructor.name', undefined],
    ['vars.toString', undefined],
  ])('%s is %j', (reference, value) => {
    const variables = create();
    variables.useParams({ x: 'of the section' });
    expect(variables.lookup(reference)).toEqual({ value });
  });

  it.each([
    '1 + 1',
    'a.b.map(x)',
    'a ? b : c',
    'true',
    'null',
    'n - 1',
    'n-1',
    'headers2.x-1',
    '"a"',
    'a.',
    'a[b]',
    '',
    '!a',
    'a.b[-1]',
  ])('%j is no path but JavaScript', (text) => {
    expect(create().lookup(text)).toBeUndefined();
  });

  it('of a whole scope gives all of it', () => {
    expect(create().lookup('envs')).toEqual({ value: { key: 'env', shared: 'env', 'under-lined': 'yes' } });
  });
});

describe('setting', { timeout: 60_000 }, () => {
  it.each<[string, unknown, Record<string, unknown>]>([
    ['new', 1, { new: 1 }],
    ['vars.new', 1, { new: 1 }],
    ['o.p.q', 'x', { o: { p: { q: 'x' } } }],
    ['list[2]', 'x', { list: [null, null, 'x'] }],
    ['a.b[1]', 3, { a: { b: [{ c: 1 }, 3] } }],
    ['a.b[3].d', 4, { a: { b: [{ c: 1 }, 2, null, { d: 4 }] } }],
    ['a.b.name', 4, { a: { b: { name: 4 } } }],
    ['n.deep', 1, { n: { deep: 1 } }],
    ['my-var', 1, { 'my-var': 1 }],
    ['two words', 1, { 'two words': 1 }],
  ])('%s works', (name, value, expected) => {
    const variables = create();
    expect(variables.set(name, value)).toBeUndefined();
    expect(variables.scopes().vars).toMatchObject(expected);
  });

  it.each([
    'call.from',
    'envs.key',
    'params.x',
    'call',
    'vars',
    '',
    'a..b',
    'a[',
    '__proto__.x',
    'a.constructor.prototype.x',
    'a["__proto__"]',
    'list[10000]',
  ])('%j is refused with the reason', (name) => {
    const variables = create();
    const before = variables.scopes().vars;
    expect(variables.set(name, 1)).toMatch(/\w+/);
    expect(variables.scopes().vars).toBe(before);
  });

  it('leaves what was read before as it was', () => {
    const variables = create();
    const before = variables.lookup('a')?.value;
    variables.set('a.b[0].c', 'changed');
    variables.unset('a.b[1]');
    expect(before).toEqual({ b: [{ c: 1 }, 2] });
    expect(variables.lookup('a')?.value).toEqual({ b: [{ c: 'changed' }] });
  });

  it('never reaches a prototype, whatever the name and the value', () => {
    const names = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom('a', '__proto__', 'constructor', 'prototype', 'vars', '["__proto__"]', '[0]', 'toString'),
          { maxLength: 5 },
        )
        .map((parts) => parts.join('.').replaceAll('.[', '[')),
    );
    fc.assert(
      fc.property(names, fc.jsonValue(), (name, value) => {
        const variables = create();
        variables.set(name, value);
        variables.unset(name);
        variables.lookup(name);
        expect(Object.keys(Object.prototype)).toEqual([]);
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
        expect(Object.getPrototypeOf(variables.scopes().vars)).toBe(Object.prototype);
      }),
      { numRuns: 1_000 },
    );
  });

  it(`is refused where all variables together pass ${maxVariablesSize} characters, and room comes back`, () => {
    const variables = create();
    const half = 'x'.repeat(maxVariablesSize / 2);
    expect(variables.set('first', half)).toBeUndefined();
    expect(variables.set('second', half)).toContain('too large');
    expect(variables.lookup('second')).toEqual({ value: undefined });
    variables.unset('first');
    expect(variables.set('second', half)).toBeUndefined();
  });

  it('measures values that share parts without walking them for ever', () => {
    let value: unknown = 'x';
    for (let level = 0; level < 200; level++) value = [value, value];
    expect(sizeOf(value, 1_000)).toBeGreaterThan(1_000);
    expect(create().set('bomb', value)).toContain('too large');
  });
});

describe('unsetting', () => {
  it('takes away what is there and lets the rest be', () => {
    const variables = create();
    for (const name of ['shared', 'a.b[0]', 'missing', 'missing.too', 'empty.x'])
      expect(variables.unset(name)).toBeUndefined();
    expect(variables.lookup('shared')).toEqual({ value: 'env' });
    expect(variables.lookup('a')).toEqual({ value: { b: [2] } });
    expect(variables.lookup('empty')).toEqual({ value: '' });
    expect(variables.unset('call.from')).toContain('read only');
  });
});

describe('a path', () => {
  it('is printed as it is read', () => {
    const step = fc.oneof(
      fc.nat({ max: 999 }),
      fc.stringMatching(/^[A-Za-z_$][\w$-]{0,5}$/),
      fc.stringMatching(/^[^"\\]{1,5}$/u),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z_$][\w$-]{0,5}$/), fc.array(step, { maxLength: 4 }), (head, rest) => {
        fc.pre(!['NaN', 'Infinity'].includes(head));
        // A key of digits alone is the same as an index.
        const path = [head, ...rest.map((part) => (/^\d+$/.test(String(part)) ? Number(part) : part))];
        fc.pre(path.every((part) => typeof part === 'number' || JSON.stringify(part) === `"${part}"`));
        expect(parsePath(printPath(path))).toEqual(path);
      }),
    );
  });
});
