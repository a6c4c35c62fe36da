import { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { type Redaction, redactFacts, redactLine } from '../../../src/log-redaction.ts';

const all: ReadonlySet<Redaction> = new Set(['numbers', 'digits']);
const numbers: ReadonlySet<Redaction> = new Set(['numbers']);
const id = '12345678-1234-4234-8234-123456789012';

test.each<[string, object, object]>([
  ['a number of its own', { from: '+491511234567', to: '101' }, { from: '[number]', to: '[number]' }],
  ['an address', { uri: 'sip:+4930123@10.0.0.1:5060' }, { uri: 'sip:[number]@10.0.0.1:5060' }],
  [
    'an error',
    { err: { message: 'no route for the called number "101"' } },
    { err: { message: 'no route for the called number "[number]"' } },
  ],
  ['words around it', { urls: ['say:call 0049301234567 now'] }, { urls: ['say:call [number] now'] }],
  ['a tel URI', { text: '<tel:+1-555-0100>;x=1' }, { text: '<tel:[number]>;x=1' }],
  ['the name of a file', { file: '/data/2026/11/4930123456_a.wav' }, { file: '/data/2026/11/[number]_a.wav' }],
  [
    'keys',
    { digit: '7', digits: 12, text: 'digits:123#' },
    { digit: '[digits]', digits: '[digits]', text: 'digits:[digits]' },
  ],
])('%s is left out', (_what, given, left) => {
  expect(redactFacts(given, all)).toEqual(left);
});

test.each<[string, object]>([
  ['ids', { call_id: id, recording_id: id, text: `call ${id}`, sip_call_id: '4930123456@host' }],
  ['addresses of parts', { rtpengine: '10.0.0.1:22222', http: 'http://127.0.0.1:45678', source: '192.168.100.200' }],
  ['figures', { took_ms: 1234567, status: 404, size: 99999 }],
  ['versions and times', { text: 'version 10.5.3, 2026-11-22T10:00:00Z' }],
])('%s stay', (_what, given) => {
  expect(redactFacts(given, all)).toEqual(given);
});

test('no number of five digits and more gets through, whatever stands around it', () => {
  const around = fc.stringMatching(/^[ a-z,;()<>"'=/-]{0,8}$/);
  const given = fc.stringMatching(/^\+?[1-9]\d{4,14}$/);
  // biome-ignore lint/nursery/noFloatingPromises: a property without promises gives none
  fc.assert(
    fc.property(around, given, around, fc.constantFrom('msg', 'text', 'err', 'from', 'file'), (a, phone, b, key) => {
      // What a letter stands before is part of a name, such as a hash.
      const text = `${a.replace(/[a-z]$/, ' ')}${phone}${b}`;
      const line = redactLine(JSON.stringify({ level: 'info', [key]: { nested: [text] } }), numbers);
      expect(line).not.toContain(phone.replace('+', ''));
    }),
  );
});

test('a logger leaves out what it is told to, in its own fields, those of children, and in errors', () => {
  const lines: string[] = [];
  const copy = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const log = createLog({ level: 'silent', redact: ['numbers', 'digits', 'secret'], file: '/dev/null' }, copy);
  const child = log.child({ call_id: id, to: '4711' });
  child.level = 'info';
  child.fatal({ err: new Error('the number +4930123456 is busy'), secret: 'x', digit: '5' }, 'failed');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    ...{ call_id: id, to: '[number]', secret: '[redacted]', digit: '[digits]', msg: 'failed' },
    err: { message: 'the number [number] is busy' },
  });
});
