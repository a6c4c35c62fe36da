import { describe, expect, it } from 'vitest';
import { redirectTarget } from '../../../src/switch/media/prompt/redirect.ts';

describe('a redirect', () => {
  const from = new URL('https://example.com/a/b.wav?x=1');
  it.each([
    ['c.wav', 'https://example.com/a/c.wav'],
    ['/c.wav?y=2', 'https://example.com/c.wav?y=2'],
    ['//other.example/c.wav', 'https://other.example/c.wav'],
    ['http://other.example/', 'http://other.example/'],
    ['http://user:secret@other.example/', 'http://other.example/'],
  ])('to %j leads to %s', (location, target) => {
    expect(redirectTarget(from, location)?.href).toBe(target);
  });

  it.each([undefined, 'file:///etc/passwd', 'ftp://example.com/', 'http://[', ['a', 'b']])(
    'to %j leads nowhere',
    (location) => {
      expect(redirectTarget(from, location)).toBeUndefined();
    },
  );
});
