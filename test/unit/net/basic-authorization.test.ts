import { describe, expect, it } from 'vitest';
import { basicAuthorization } from '../../../src/net/basic-authorization.ts';

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
