import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanText, infoTags, tagsOf } from '../../../src/recorder/encode/metadata.ts';

const metadata = {
  recordingId: 'r1',
  callId: 'c1',
  controlId: 'k1',
  from: '+15550100',
  to: '+15550101',
  startTime: 1_767_225_600.5,
};

test('a file says which call it is of, who called whom, and when', () => {
  expect(Object.fromEntries(tagsOf(metadata))).toEqual({
    title: 'Call c1',
    artist: '+15550100',
    date: '2026-01-01T00:00:00.500Z',
    comment:
      'call_id=c1; control_id=k1; recording_id=r1; started=2026-01-01T00:00:00.500Z; from=+15550100; to=+15550101',
  });
  expect(infoTags(metadata).map(({ name }) => name)).toEqual(['INAM', 'IART', 'ICRD', 'ICMT']);
});

test.each([
  ['a\0b', 'a b'],
  ['line\r\nbreak', 'line break'],
  ['  spaces  ', 'spaces'],
  ['\ud800lone', '\ufffdlone'],
  ['x'.repeat(9999), 'x'.repeat(500)],
  ['Zoë Ω 日本', 'Zoë Ω 日本'],
])('the text %j becomes %j', (text, clean) => {
  expect(cleanText(text)).toBe(clean);
});

test('no tag has a line end or a zero in it, whatever the caller sends', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      fc.double(),
      (from, controlId, startTime) => {
        for (const text of tagsOf({ ...metadata, from, controlId, startTime }).values()) {
          expect(text).toMatch(/^[^\0\r\n]+$/);
        }
      },
    ),
  );
});

test('an empty number and a start time that is none are left out', () => {
  const tags = tagsOf({ ...metadata, from: '', startTime: Number.NaN });
  expect([...tags.keys()]).toEqual(['title', 'comment']);
});
