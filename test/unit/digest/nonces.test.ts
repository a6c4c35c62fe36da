import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNonces } from '../../../src/switch/sip/digest/nonces.ts';

const lifetimeMs = 300_000;
const startMs = Date.UTC(2026, 0, 1);
const create = (more: object = {}) => createNonces({ secret: 'secret', lifetimeMs, ...more });
const salt = (): Uint8Array => randomBytes(8);

test('a nonce is good until its time is over', () => {
  const nonces = create();
  const nonce = nonces.make(startMs, salt());
  expect(nonces.judge(nonce, startMs)).toBe('good');
  expect(nonces.judge(nonce, startMs + lifetimeMs - 1)).toBe('good');
  expect(nonces.judge(nonce, startMs + lifetimeMs)).toBe('expired');
  // From another node whose clock is far ahead.
  expect(nonces.judge(nonce, startMs - lifetimeMs)).toBe('expired');
});

test('whoever has the same secret takes it, and nobody else', () => {
  const nonce = create().make(startMs, salt());
  expect(create().judge(nonce, startMs)).toBe('good');
  expect(create({ secret: 'other' }).judge(nonce, startMs)).toBe('foreign');
});

test('no other text is a nonce, not even another spelling of one', () => {
  const nonces = create();
  const nonce = nonces.make(startMs, salt());
  for (const other of ['', 'x', `${nonce}=`, `${nonce} `, `${nonce}A`, nonce.slice(1), `B${nonce.slice(1)}`]) {
    expect([other, nonces.judge(other, startMs)]).toEqual([other, 'foreign']);
  }
  fc.assert(fc.property(fc.string(), (text) => nonces.judge(text, startMs) === 'foreign'));
});

test('the count of a nonce must grow', () => {
  const nonces = create();
  const [nonce, other] = [nonces.make(startMs, salt()), nonces.make(startMs, salt())];
  const uses = ['00000001', '00000001', '00000003', '00000002', '0000000a', '0000000A', '0000000b'];
  expect(uses.map((nc) => nonces.use(nonce, nc, startMs))).toEqual([true, false, true, false, true, false, true]);
  expect(nonces.use(other, '00000001', startMs)).toBe(true);
  for (const nc of ['', '1', '00000000', 'zzzzzzzz', '000000001', '-0000001']) {
    expect([nc, nonces.use(nonces.make(startMs, salt()), nc, startMs)]).toEqual([nc, false]);
  }
});

test('what has to be forgotten to stay within the memory is never taken again', () => {
  const nonces = create({ kept: 10 });
  const used = Array.from({ length: 30 }, (_, index) => {
    const nonce = nonces.make(startMs + index, salt());
    expect(nonces.use(nonce, '00000001', startMs + index)).toBe(true);
    return nonce;
  });
  const nowMs = startMs + 100;
  const taken = used.filter((nonce) => nonces.judge(nonce, nowMs) === 'good' && nonces.use(nonce, '00000001', nowMs));
  expect(taken).toEqual([]);
  // New ones are.
  expect(nonces.judge(nonces.make(nowMs, salt()), nowMs)).toBe('good');
});
