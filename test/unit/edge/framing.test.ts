import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStreamFramer, type Framed } from '../../../src/edge/sip/framing.ts';
import { requestLines, sipText } from './sip-text.ts';

const MAX = 65_535;

function message(body: string, name = 'Content-Length'): string {
  return sipText(requestLines('MESSAGE', { [name]: String(body.length) }), body);
}

function pushAll(framer: ReturnType<typeof createStreamFramer>, chunks: readonly string[]): Framed[] {
  return chunks.flatMap((chunk) => framer.push(Buffer.from(chunk, 'latin1')));
}

function cut(text: string, at: readonly number[]): string[] {
  const points = [0, ...at.map((each) => each % (text.length + 1)).sort((a, b) => a - b), text.length];
  return points.slice(1).map((end, index) => text.slice(points[index], end));
}

describe('a stream', () => {
  test('gives the same messages however it is cut', () => {
    const bodies = fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 5 });
    const cuts = fc.array(fc.nat(), { maxLength: 40 });
    fc.assert(
      fc.property(bodies, cuts, (texts, at) => {
        const messages = texts.map((text) => message(Buffer.from(text).toString('latin1')));
        const framed = pushAll(createStreamFramer(MAX), cut(messages.join(''), at));
        expect(framed).toEqual(messages.map((bytes) => ({ kind: 'message', bytes })));
      }),
    );
  });

  test('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
        const framer = createStreamFramer(1000);
        for (const chunk of chunks) framer.push(Buffer.from(chunk));
      }),
    );
  });

  test('may use the compact form and white space', () => {
    const bytes = message('hello', 'l ');
    expect(pushAll(createStreamFramer(MAX), [bytes])).toEqual([{ kind: 'message', bytes }]);
  });

  test.each([
    ['between messages', [message('a'), '\r\n\r\n', message('b')], ['message', 'ping', 'message']],
    ['cut in two', ['\r\n', '\r\n'], ['ping']],
    ['before the first message', [`\r\n\r\n${message('a')}`], ['ping', 'message']],
    ['a single CRLF, which is none', ['\r\n', message('a')], ['message']],
    ['twice', ['\r\n\r\n', '\r\n\r\n'], ['ping', 'ping']],
  ])('has pings: %s', (_, chunks, kinds) => {
    expect(pushAll(createStreamFramer(MAX), chunks).map(({ kind }) => kind)).toEqual(kinds);
  });

  test.each([
    ['no Content-Length', sipText(requestLines('MESSAGE')), 'no usable Content-Length'],
    ['a Content-Length of letters', sipText(requestLines('MESSAGE', { l: 'abc' })), 'no usable Content-Length'],
    ['a negative Content-Length', sipText(requestLines('MESSAGE', { l: '-1' })), 'no usable Content-Length'],
    ['two of them', sipText(requestLines('MESSAGE', { l: '0', 'Content-Length': '0' })), 'no usable Content-Length'],
    ['a body that is too large', sipText(requestLines('MESSAGE', { l: '70000' })), 'a message of more than'],
    ['a head without end', `MESSAGE ${'x'.repeat(MAX)}`, 'a head of more than'],
  ])('is broken by %s, and nothing behind it is read', (_, bytes, reason) => {
    const framed = pushAll(createStreamFramer(MAX), [bytes, message('a')]);
    expect(framed).toHaveLength(1);
    expect(framed[0]).toMatchObject({ kind: 'broken', reason: expect.stringContaining(reason) });
  });

  test('waits while a message has begun and not ended', () => {
    const framer = createStreamFramer(MAX);
    expect(framer.isWaiting()).toBe(false);
    pushAll(framer, [message('hello').slice(0, -1)]);
    expect(framer.isWaiting()).toBe(true);
    pushAll(framer, ['o']);
    expect(framer.isWaiting()).toBe(false);
  });

  test('of 64 KB in single bytes is read in well under a second', () => {
    const bytes = message('x'.repeat(60_000));
    const framer = createStreamFramer(MAX);
    const begin = performance.now();
    const framed = pushAll(framer, [...bytes]);
    expect(framed.map(({ kind }) => kind)).toEqual(['message']);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});
