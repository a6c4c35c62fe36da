import { describe, expect, it } from 'vitest';
import { basicAuthorization, redirectTarget } from '../../../src/switch/media/prompt/redirect.ts';

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

describe('user and password of a URL', () => {
  it.each([
    ['http://example.com/', undefined],
    ['http://user:pass@example.com/', 'user:pass'],
    ['http://user@example.com/', 'user:'],
    ['http://us%40er:p%3Aa%20ss@example.com/', 'us@er:p:a ss'],
    ['http://user:100%@example.com/', 'user:100%'],
    ['http://us%C3%A9r:p@example.com/', 'usér:p'],
  ])('of %s become Basic authorization', (url, credentials) => {
    const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    expect(basicAuthorization(new URL(url))).toBe(expected);
  });
});
