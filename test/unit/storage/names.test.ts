import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileNamePattern, isPartOf, partName, storageName } from '../../../src/recorder/storage/names.ts';

test('a recording lies in the folder of the UTC day on which it started', () => {
  const startTime = Date.parse('2026-11-22T23:59:59.999Z') / 1000;
  const name = storageName({ recordingId: 'f81d4fae-7dec', startTime, extension: 'mp3' });
  expect(name).toEqual({ folder: '2026/11/22', base: 'f81d4fae-7dec.mp3', key: '2026/11/22/f81d4fae-7dec.mp3' });
});

test.each([
  ['../../etc/passwd', 0, 'wav'],
  ['', 0, 'wav'],
  ['a/b', 0, 'wav'],
  ['.hidden', 0, 'wav'],
  ['a\0', 0, 'wav'],
  ['a', Number.NaN, 'wav'],
  ['a', Number.POSITIVE_INFINITY, 'wav'],
  ['a', -1e11, 'wav'],
  ['a', 0, '../wav'],
])('no name is made of id %j, time %d and extension %j', (recordingId, startTime, extension) => {
  expect(() => storageName({ recordingId, startTime, extension })).toThrow(
    expect.objectContaining({ code: 'storage_name_invalid' }),
  );
});

test('whatever the id, a name that is made stays below the root', () => {
  fc.assert(
    fc.property(fc.string(), fc.double(), (recordingId, startTime) => {
      try {
        const { key } = storageName({ recordingId, startTime, extension: 'wav' });
        expect(posix.join('/root', key)).toBe(`/root/${key}`);
        expect(key).toMatch(/^\d{4}\/\d\d\/\d\d\/[A-Za-z0-9][\w-]*\.wav$/);
      } catch (error) {
        expect(error).toMatchObject({ code: 'storage_name_invalid' });
      }
    }),
  );
});

test('a part is known as that of its file and of no other', () => {
  const part = partName('a.wav', 'w1');
  expect(isPartOf(part, 'a.wav')).toBe(true);
  expect(isPartOf(part, 'a.mp3')).toBe(false);
  expect(isPartOf('a.wav', 'a.wav')).toBe(false);
});

const startTime = Date.parse('2026-11-22T05:06:07Z') / 1000;

test('a pattern names files by the call, made harmless', () => {
  const name = compileNamePattern('{node_id}/{to}/{yyyy}{mm}{dd}T{hh}-{from}-{control_id}-{recording_id}');
  const fields = { node_id: 'n1', to: 'sip:+49301234@example.com', from: '../../x', control_id: 'a/b\r\n' };
  expect(name({ recordingId: 'r1', startTime, extension: 'mp4', fields }).key).toBe(
    'n1/+49301234_example_com/20261122T05-______x-a_b__-r1.mp4',
  );
  expect(compileNamePattern('{recording_id}')({ recordingId: 'r1', startTime, extension: 'wav' })).toEqual({
    folder: '',
    base: 'r1.wav',
    key: 'r1.wav',
  });
});

test.each([
  ['{yyyy}/{mm}', /must hold \{recording_id\}/],
  ['{recording_id}/{number}', /\{number\} is no field; there are/],
  ['/{recording_id}', /between slashes/],
  ['../{recording_id}', /between slashes/],
  ['a//{recording_id}', /between slashes/],
  ['.{recording_id}', /between slashes/],
  ['a b/{recording_id}', /between slashes/],
  [`${'a'.repeat(300)}{recording_id}`, /200/],
])('the pattern %j is refused', (pattern, why) => {
  expect(() => compileNamePattern(pattern)).toThrow(why);
});

test('whatever a call says of itself, its file stays below the root', () => {
  const name = compileNamePattern('x/{from}/{to}/{call_id}/{control_id}/{recording_id}');
  fc.assert(
    fc.property(fc.string(), fc.string(), (from, control_id) => {
      const { key } = name({ recordingId: 'r1', startTime, extension: 'wav', fields: { from, control_id } });
      expect(posix.join('/root', key)).toBe(`/root/${key}`);
      expect(key.split('/')).toHaveLength(6);
    }),
  );
});
