import { expect, test } from 'vitest';
import { encodeArguments, formatKinds, mp3BitRate } from '../../../src/recorder/encode/formats.ts';

test.each([
  [{ channels: 1, sampleRate: 8000 }, 32_000],
  [{ channels: 2, sampleRate: 8000 }, 64_000],
  [{ channels: 1, sampleRate: 16_000 }, 48_000],
  [{ channels: 2, sampleRate: 16_000 }, 96_000],
  [{ channels: 1, sampleRate: 48_000 }, 64_000],
  [{ channels: 2, sampleRate: 48_000 }, 128_000],
] as const)('an MP3 of %j has %d bit/s', (shape, rate) => {
  expect(mp3BitRate(shape)).toBe(rate);
});

test.each(['mp3', 'mp4'] as const)(
  '%s: options of the input stand before it, those of the output after it',
  (format) => {
    const args = encodeArguments(format, { channels: 2, sampleRate: 8000 });
    const input = args.indexOf('pipe:0');
    expect(args.slice(0, input)).toEqual(
      expect.arrayContaining(['-protocol_whitelist', 's16le', '8000', '2', '-nostdin']),
    );
    expect(args.slice(input)).toEqual(expect.arrayContaining(['-c:a', 'pipe:1']));
  },
);

test('the channels of a stereo file are coded apart', () => {
  const stereo = { channels: 2, sampleRate: 8000 } as const;
  expect(encodeArguments('mp3', stereo).join(' ')).toContain('-joint_stereo 0');
  expect(encodeArguments('mp4', stereo).join(' ')).toContain('-aac_ms 0 -aac_is 0');
});

test('a bit rate of the configuration wins', () => {
  const mono = { channels: 1, sampleRate: 8000 } as const;
  expect(encodeArguments('mp3', mono, { mp3: 24_000 }).join(' ')).toContain('-b:a 24000');
  const mp4 = encodeArguments('mp4', mono, { mp4: 24_000 }).join(' ');
  expect(mp4).toContain('-b:a 24000');
  expect(mp4).not.toContain('-q:a');
  expect(encodeArguments('mp4', mono).join(' ')).toContain('-q:a 1');
});

test('the content types are those of the formats', () => {
  expect(Object.values(formatKinds).map(({ contentType }) => contentType)).toEqual([
    'audio/wav',
    'audio/mpeg',
    'audio/mp4',
  ]);
});
