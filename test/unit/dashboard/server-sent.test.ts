import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventReader } from '../../../src/dashboard/api/server-sent.ts';

const text =
  'retry: 2000\n\nid: 1-0\nevent: call.started\ndata: {"a":"b: c"}\n\n: \n\nevent: levels\ndata: {}\n\nid: 2-0\nevent: call.en';
const events = [
  { id: '1-0', event: 'call.started', data: '{"a":"b: c"}' },
  { event: 'levels', data: '{}' },
];

test('events come out of a stream wherever it is cut, and what is not whole waits', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
      const read = createEventReader();
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const found = places.flatMap((from, i) => read(text.slice(from, places[i + 1] ?? text.length)));
      expect(found).toEqual(events);
    }),
  );
});
