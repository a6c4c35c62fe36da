import { expect, test } from 'vitest';
import { readWavHeader, wavHeader } from '../../../src/recorder/encode/wav.ts';

const info = [
  { name: 'INAM', text: 'Call abc' },
  { name: 'ICMT', text: 'odd' },
];

test.each([
  { channels: 1, sampleRate: 8000, dataBytes: 0 },
  { channels: 1, sampleRate: 8000, dataBytes: 320 },
  { channels: 2, sampleRate: 8000, dataBytes: 3600 * 8000 * 4 },
  { channels: 2, sampleRate: 48_000, dataBytes: 48_000 * 4 },
] as const)('the header of $dataBytes bytes of $channels x $sampleRate Hz says so', (shape) => {
  const header = wavHeader({ ...shape, info });
  expect(header.toString('latin1', 0, 4)).toBe('RIFF');
  expect(header.readUInt32LE(4)).toBe(header.length - 8 + shape.dataBytes);
  expect(readWavHeader(header)).toEqual({
    channels: shape.channels,
    sampleRate: shape.sampleRate,
    bitsPerSample: 16,
    dataOffset: header.length,
    dataBytes: shape.dataBytes,
    fileBytes: header.length + shape.dataBytes,
  });
});

test('a file over 4 GiB becomes RF64 with a header of the same length, so that it can be patched in place', () => {
  const shape = { channels: 2, sampleRate: 48_000, info } as const;
  const small = wavHeader({ ...shape, dataBytes: 0 });
  const dataBytes = 5 * 2 ** 30;
  const big = wavHeader({ ...shape, dataBytes });
  expect(big.length).toBe(small.length);
  expect(small.toString('latin1', 12, 16)).toBe('JUNK');
  expect(big.toString('latin1', 0, 16)).toBe('RF64\xff\xff\xff\xffWAVEds64');
  // EBU Tech 3306, section 3.5: riffSize, dataSize, sampleCount, an empty table.
  expect(big.readUInt32LE(16)).toBe(28);
  expect(big.readBigUInt64LE(20)).toBe(BigInt(big.length - 8 + dataBytes));
  expect(big.readBigUInt64LE(28)).toBe(BigInt(dataBytes));
  expect(big.readBigUInt64LE(36)).toBe(BigInt(dataBytes / 4));
  expect(big.readUInt32LE(44)).toBe(0);
  expect(big.readUInt32LE(big.length - 4)).toBe(0xffffffff);
  expect(readWavHeader(big)).toMatchObject({ dataBytes, fileBytes: big.length + dataBytes, dataOffset: big.length });
});

test('the switch to RF64 comes exactly where the RIFF size no longer fits in 32 bits', () => {
  const shape = { channels: 1, sampleRate: 8000, info: [] } as const;
  const riffOverhead = wavHeader({ ...shape, dataBytes: 0 }).length - 8;
  const largest = 0xffffffff - riffOverhead;
  expect(wavHeader({ ...shape, dataBytes: largest }).toString('latin1', 0, 4)).toBe('RIFF');
  expect(wavHeader({ ...shape, dataBytes: largest + 1 }).toString('latin1', 0, 4)).toBe('RF64');
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(4096)],
  ['another RIFF file', Buffer.from('RIFF\x04\x00\x00\x00AVI LIST')],
  ['a header that is cut', wavHeader({ channels: 1, sampleRate: 8000, dataBytes: 0, info }).subarray(0, 90)],
  [
    'a chunk that claims to be larger than the header',
    Buffer.from('RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\x7f', 'latin1'),
  ],
])('%s is no WAV header', (_name, head) => {
  expect(readWavHeader(head)).toBeUndefined();
});
