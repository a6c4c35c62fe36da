import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InfoBody, readInfo } from '../../../src/recorder/recording/info-digit.ts';

const digit = (key: string, durationMs = 160): InfoBody => ({ kind: 'digit', digit: key, durationMs });
const relay = 'application/dtmf-relay';

describe('an INFO body', () => {
  it.each<[type: string, body: string, InfoBody]>([
    [relay, 'Signal=5\r\nDuration=160', digit('5')],
    [relay, 'Signal=5\r\nDuration=250\r\n', digit('5', 250)],
    [relay, 'Signal= 5\nDuration= 80\n', digit('5', 80)],
    [relay, 'signal: #\r\nduration: 100', digit('#', 100)],
    [relay, 'Duration=100\r\nSignal=*', digit('*', 100)],
    [relay, 'Signal=d', digit('D')],
    [relay, 'Signal=10\r\nDuration=160', digit('*')],
    [relay, 'Signal=11\r\nDuration=160', digit('#')],
    [relay, 'Signal=15\r\nDuration=160', digit('D')],
    [relay, 'Signal=5\r\nDuration=999999', digit('5', 5000)],
    [relay, 'Signal=5\r\nDuration=-1', digit('5')],
    ['Application/DTMF-Relay;charset=utf-8', 'Signal=5\r\nDuration=160', digit('5')],
    [relay, '5', digit('5')],
    ['application/dtmf', '5', digit('5')],
    ['application/dtmf', ' #\r\n', digit('#')],
    ['application/dtmf', '11', digit('#')],
    ['application/dtmf', 'Signal=7\r\nDuration=160', digit('7')],
    [relay, 'Signal=hf\r\nDuration=160', { kind: 'signal' }],
    ['application/dtmf', '16', { kind: 'signal' }],
    [relay, '', { kind: 'empty' }],
    ['', '', { kind: 'empty' }],
    ['', '5', { kind: 'unsupported' }],
    ['text/plain', '5', { kind: 'unsupported' }],
    ['application/media_control+xml', '<media_control/>', { kind: 'unsupported' }],
    ['application/dtmf-relay-2', 'Signal=5', { kind: 'unsupported' }],
  ])('of %s %j', (type, body, expected) => {
    expect(readInfo(type, body)).toEqual(expected);
  });

  it.each([
    'Signal=\r\nDuration=160',
    'Signal=55',
    'Signal=E',
    'Signal=17',
    'Sig=5',
    'five',
    '12345',
    '\0\0',
    'Signal=5;DROP',
  ])('that is garbage says so: %j', (body) => {
    expect(readInfo(relay, body)).toMatchObject({ kind: 'invalid', why: expect.stringContaining('is no digit') });
  });

  it('is never more than it can be, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ maxLength: 5000, unit: 'binary' }), (type, body) => {
        const read = readInfo(type, body);
        if (read.kind === 'digit') expect(read.digit).toMatch(/^[0-9*#A-D]$/);
        for (const prefix of ['Signal=', 'Duration=']) readInfo(relay, prefix + body);
      }),
    );
  });
});
