import { expect, test } from 'vitest';
import { parseProbe, parseStreamLines } from '../../../src/recorder/encode/probe.ts';

test('ffprobe: codec, channels and length of the audio stream', () => {
  const answer = {
    streams: [
      { codec_type: 'video', codec_name: 'mjpeg' },
      {
        codec_type: 'audio',
        codec_name: 'mp3',
        channels: 2,
        sample_rate: '8000',
        duration: '2.04',
      },
    ],
    format: { duration: '9' },
  };
  expect(parseProbe(JSON.stringify(answer))).toEqual({
    codec: 'mp3',
    channels: 2,
    sampleRate: 8000,
    durationMs: 2040,
  });
});

test.each(['', '{}', '[]', 'null', '{"streams": 3}', '{"streams": [null, {"codec_type": "audio"}]}', 'not JSON'])(
  'ffprobe: %j says nothing of sound',
  (text) => expect(parseProbe(text)).toBeUndefined(),
);

test('ffmpeg: the same facts from the lines it prints of its input', () => {
  const lines = [
    "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/x':",
    '  Metadata:',
    '    comment         : Stream #0:9: Audio: hoax',
    '  Duration: 01:00:02.04, start: 0.000000, bitrate: 33 kb/s',
    '  Stream #0:0[0x1](und): Audio: aac (LC) (mp4a / 0x6134706D), 8000 Hz, mono, fltp, 32 kb/s (default)',
  ].join('\n');
  expect(parseStreamLines(lines)).toEqual({
    codec: 'aac',
    channels: 1,
    sampleRate: 8000,
    durationMs: 3_602_040,
  });
});

test.each(['', 'Duration: N/A, bitrate: N/A', '  Duration: 00:00:01.00\n  Stream #0:0: Video: h264, 25 fps'])(
  'ffmpeg: %j says nothing of sound',
  (text) => expect(parseStreamLines(text)).toBeUndefined(),
);
