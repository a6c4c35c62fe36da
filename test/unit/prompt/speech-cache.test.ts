import { describe, expect, it } from 'vitest';
import { createSpeechCache } from '../../../src/switch/media/prompt/speech-cache.ts';

const bytes = (count: number): Int16Array => new Int16Array(count / 2);

describe('the cache of spoken texts', () => {
  it('drops what was not used for the longest time', () => {
    const cache = createSpeechCache(1000);
    for (const key of ['a', 'b', 'c', 'd', 'e']) cache.set(key, bytes(200));
    expect(cache.get('a')).toBeDefined();
    cache.set('f', bytes(200));
    expect(cache.get('b')).toBeUndefined();
    for (const key of ['a', 'c', 'd', 'e', 'f']) expect(cache.get(key), key).toBeDefined();
  });

  it('keeps no text that would push out most of the others', () => {
    const cache = createSpeechCache(1000);
    cache.set('small', bytes(200));
    cache.set('large', bytes(252));
    expect(cache.get('large')).toBeUndefined();
    expect(cache.get('small')).toBeDefined();
  });

  it('counts a text that is set again once', () => {
    const cache = createSpeechCache(1000);
    for (let i = 0; i < 100; i++) cache.set('same', bytes(250));
    cache.set('other', bytes(250));
    expect(cache.get('same')).toBeDefined();
    expect(cache.get('other')).toBeDefined();
  });
});
