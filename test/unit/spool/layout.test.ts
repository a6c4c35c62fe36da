import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRecordingId, recordingIdOf, spoolDir, trackPath } from '../../../src/recorder/spool/layout.ts';

describe('the layout of a spool', () => {
  it('takes a UUID of ours into the path', () => {
    const id = randomUUID();
    expect(spoolDir('/spool', id)).toBe(`/spool/${id}`);
    expect(recordingIdOf(`/spool/${id}`)).toBe(id);
    expect(trackPath(spoolDir('/spool', id), 'listen')).toBe(`/spool/${id}/listen.rtp`);
  });

  it.each([
    '',
    '.',
    '..',
    '../../etc',
    'a/b',
    'B9B5A3B4-2C0C-4E0E-9C7F-5B2B6D5B8D11',
    `${randomUUID()}/..`,
    `${randomUUID()}\n`,
    randomUUID().replaceAll('-', ''),
  ])('refuses %j as a recording id', (id) => {
    expect(() => spoolDir('/spool', id)).toThrow(expect.objectContaining({ code: 'recording_id_invalid' }));
  });

  it('never leaves the root, whatever the id', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uuid()), (id) => {
        fc.pre(isRecordingId(id));
        expect(spoolDir('/spool', id)).toBe(join('/spool', id));
        expect(join('/spool', id).split('/')).toHaveLength(3);
      }),
    );
  });
});
