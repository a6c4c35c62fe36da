import { expect, test } from 'vitest';
import { needsRenewal, withoutAdded } from '../../../src/recorder/fork/fork-codecs.ts';

const mono = (codec: string) => ({ codec, clockRate: 8000, channels: 1 });
const events = { 101: mono('TELEPHONE-EVENT') };

test.each([
  ['PCMU and what was added', { 0: mono('PCMU'), 8: mono('PCMA'), ...events }, { 0: mono('PCMU'), ...events }],
  ['PCMA alone, its own or of G.729', { 8: mono('PCMA'), ...events }, { 8: mono('PCMA'), ...events }],
  ['events alone', events, events],
])('a fork with %s', (_name, offered, meant) => {
  expect(withoutAdded(offered)).toEqual(meant);
});

test.each([
  [{ 18: mono('G729'), ...events }, true],
  [{ 18: mono('g729') }, true],
  [{ 0: mono('PCMU') }, false],
])('a direction that changes to %j is asked for anew: %s', (payloads, anew) => {
  expect(needsRenewal(payloads)).toBe(anew);
});
