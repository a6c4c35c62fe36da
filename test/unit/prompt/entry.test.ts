import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { describeEntry, parseEntry } from '../../../src/switch/media/prompt/entry.ts';

describe('an entry of a playlist', () => {
  it.each([
    ['silence:10', { kind: 'silence', seconds: 10 }],
    ['silence:0.25', { kind: 'silence', seconds: 0.25 }],
    ['silence:.5', { kind: 'silence', seconds: 0.5 }],
    ['silence: 2 ', { kind: 'silence', seconds: 2 }],
    ['SILENCE:0', { kind: 'silence', seconds: 0 }],
    ['ring:us', { kind: 'ring', seconds: 6, country: 'us' }],
    ['ring:GB', { kind: 'ring', seconds: 3, country: 'gb' }],
    ['ring:20:us-old', { kind: 'ring', seconds: 20, country: 'us-old' }],
    ['ring:12.5:jp', { kind: 'ring', seconds: 12.5, country: 'jp' }],
    ['say:Leave your message now', { kind: 'say', text: 'Leave your message now' }],
    ['say:a: b "c" -v', { kind: 'say', text: 'a: b "c" -v' }],
    ['say:', { kind: 'say', text: '' }],
    ['https://example.com/a.wav?x=1', { kind: 'http', url: new URL('https://example.com/a.wav?x=1') }],
    [' http://example.com/a.wav', { kind: 'http', url: new URL('http://example.com/a.wav') }],
  ])('is read from %j', (entry, expected) => {
    expect(parseEntry(entry)).toEqual(expected);
  });

  it.each([
    '',
    'silence',
    'silence:',
    'silence:-1',
    'silence:1e3',
    'silence:Infinity',
    'silence:86401',
    'silence:ten',
    'ring:',
    'ring:xx',
    'ring:constructor',
    'ring:us:5',
    'ring:5:us:1',
    'http://',
    'https://exa mple.com/',
    'ftp://example.com/a.wav',
    'file:///etc/passwd',
    '/etc/passwd',
    'concat:a|b',
    'javascript:1',
  ])('is refused as %j', (entry) => {
    const refuse = (): unknown => parseEntry(entry);
    expect(refuse).toThrow(SipreelError);
    expect(refuse).toThrow(expect.objectContaining({ code: 'prompt_url_invalid' }));
  });
});

describe('what errors and logs show of an entry', () => {
  it.each([
    ['https://user:secret@example.com:8443/a.wav?signature=secret#secret', 'https://example.com:8443/a.wav?...'],
    ['http://user:secret@exa mple.com/', 'http://exa mple.com/'],
    ['silence:10', 'silence:10'],
    [`say:${'x'.repeat(100)}`, `say:${'x'.repeat(56)}...`],
  ])('%j becomes %j', (entry, shown) => {
    expect(describeEntry(entry)).toBe(shown);
  });
});
