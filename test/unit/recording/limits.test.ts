import { expect, test } from 'vitest';
import { type Hearings, hear, needsVoice, nextLimit } from '../../../src/recorder/recording/limits.ts';
import type { Pause } from '../../../src/recorder/recording/pauses.ts';

const off = { initial_timeout: 0, end_silence_timeout: 0, max_length: 0 };
const started = 1000;

test.each<[string, Partial<typeof off>, Hearings, { t: number; reason: string } | undefined]>([
  ['no limit', {}, {}, undefined],
  ['the length', { max_length: 2.5 }, {}, { t: 3500, reason: 'max_length' }],
  ['no speech yet', { initial_timeout: 4 }, {}, { t: 5000, reason: 'initial_timeout' }],
  ['speech has begun', { initial_timeout: 4 }, { speak: { speaking: true, since: 2000 } }, undefined],
  ['speech has been', { initial_timeout: 4 }, { speak: { speaking: false, since: 2000 } }, undefined],
  [
    'speech that began before the recording and goes on',
    { initial_timeout: 4 },
    { speak: { speaking: true, since: 900 } },
    undefined,
  ],
  [
    'speech that was over before the recording began',
    { initial_timeout: 4, end_silence_timeout: 1 },
    { speak: { speaking: false, since: 900 } },
    { t: 5000, reason: 'initial_timeout' },
  ],
  [
    'speech on the other side alone',
    { initial_timeout: 4, end_silence_timeout: 1 },
    { speak: { speaking: false, since: 900 }, listen: { speaking: false, since: 1500 } },
    { t: 2500, reason: 'end_silence' },
  ],
  ['silence without speech before', { end_silence_timeout: 1 }, {}, undefined],
  ['silence during speech', { end_silence_timeout: 1 }, { speak: { speaking: true, since: 2000 } }, undefined],
  [
    'silence after speech',
    { end_silence_timeout: 1 },
    { speak: { speaking: false, since: 2000 } },
    { t: 3000, reason: 'end_silence' },
  ],
  [
    'one side still speaks',
    { end_silence_timeout: 1 },
    { speak: { speaking: false, since: 2000 }, listen: { speaking: true, since: 1500 } },
    undefined,
  ],
  [
    'both are silent: the later one counts',
    { end_silence_timeout: 1 },
    { speak: { speaking: false, since: 2000 }, listen: { speaking: false, since: 2600 } },
    { t: 3600, reason: 'end_silence' },
  ],
  [
    'the earliest of several',
    { end_silence_timeout: 1, max_length: 1.5 },
    { speak: { speaking: false, since: 2000 } },
    { t: 2500, reason: 'max_length' },
  ],
])('%s', (_name, limits, heard, due) => {
  const lagMs = due?.reason === 'max_length' ? 0 : 100;
  expect(nextLimit({ ...off, ...limits }, started, heard)).toEqual(due && { ...due, decideAt: due.t + lagMs });
});

test.each<[string, Hearings, number, Hearings | string]>([
  ['that began before the limit was due, told of after it', {}, 4990, { speak: { speaking: true, since: 4990 } }],
  ['that began after the limit was due', {}, 5010, 'initial_timeout at 5000'],
  [
    'that goes on before the silence was long enough',
    { speak: { speaking: false, since: 2000 } },
    2990,
    { speak: { speaking: true, since: 2990 } },
  ],
  [
    'that goes on after the silence was long enough',
    { speak: { speaking: false, since: 2000 } },
    3010,
    'end_silence at 3000',
  ],
])('speech %s', (_name, heard, t, expected) => {
  const limits = { initial_timeout: 4, end_silence_timeout: 1, max_length: 0 };
  const result = hear(limits, started, heard, { track: 'speak', speaking: true, t });
  expect('due' in result ? `${result.due.reason} at ${result.due.t}` : result.heard).toEqual(expected);
});

test('voices are listened for only if a limit depends on them', () => {
  expect(needsVoice({ ...off, max_length: 3 })).toBe(false);
  expect(needsVoice({ ...off, initial_timeout: 3 })).toBe(true);
  expect(needsVoice({ ...off, end_silence_timeout: 3 })).toBe(true);
});

/** Paused from 2 to 5 s, and from 6 s on. */
const lasting: readonly Pause[] = [
  { from: 2000, to: 5000, behavior: 'skip' },
  { from: 6000, to: Number.POSITIVE_INFINITY, behavior: 'silence' },
];
const over = lasting.slice(0, 1);

test.each<[string, Partial<typeof off>, Hearings, readonly Pause[], { t: number; reason: string } | undefined]>([
  ['the length counts what is recorded alone', { max_length: 2.5 }, {}, over, { t: 6500, reason: 'max_length' }],
  ['the length is never reached in a pause', { max_length: 2.5 }, {}, lasting, undefined],
  ['a length that was reached before the pause', { max_length: 0.9 }, {}, lasting, { t: 1900, reason: 'max_length' }],
  ['a length that is reached where the pause begins', { max_length: 1 }, {}, over, { t: 2000, reason: 'max_length' }],
  ['waiting for speech stops in a pause', { initial_timeout: 4 }, {}, over, { t: 8000, reason: 'initial_timeout' }],
  ['nobody is waited for in a pause that lasts', { initial_timeout: 4 }, {}, lasting, undefined],
  [
    'silence is not counted in a pause',
    { end_silence_timeout: 1 },
    { speak: { speaking: false, since: 1500 } },
    over,
    { t: 5500, reason: 'end_silence' },
  ],
  [
    'silence that began in a pause counts from its end',
    { end_silence_timeout: 1 },
    { speak: { speaking: false, since: 3000 } },
    over,
    { t: 6000, reason: 'end_silence' },
  ],
])('paused: %s', (_name, limits, heard, pauses, due) => {
  const lagMs = due?.reason === 'max_length' ? 0 : 100;
  expect(nextLimit({ ...off, ...limits }, started, heard, pauses)).toEqual(due && { ...due, decideAt: due.t + lagMs });
});

test('speech after a pause comes in time for a limit that the pause has put off', () => {
  const limits = { ...off, initial_timeout: 4 };
  const speech = { track: 'speak', speaking: true, t: 7900 } as const;
  expect(hear(limits, started, {}, speech, over)).toEqual({ heard: { speak: { speaking: true, since: 7900 } } });
  expect(hear(limits, started, {}, speech)).toMatchObject({ due: { t: 5000 } });
});
