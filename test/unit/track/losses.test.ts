import { expect, test } from 'vitest';
import { createLossFinder } from '../../../src/recorder/track/losses.ts';

const found = (packets: readonly (readonly [ssrc: number, sequence: number])[]) => {
  const finder = createLossFinder();
  packets.forEach(([ssrc, sequence], i) => {
    finder.packet({ ssrc, sequence }, i * 20);
  });
  return { lost: finder.lost(), losses: finder.losses(), packets: finder.packets() };
};

test.each([
  [
    'nothing of what came in order',
    [
      [1, 65534],
      [1, 65535],
      [1, 0],
      [1, 1],
    ],
    0,
    [],
  ],
  [
    'those that never came',
    [
      [1, 1],
      [1, 5],
    ],
    3,
    [{ at: 20, packets: 3 }],
  ],
  [
    'none that was only late',
    [
      [1, 1],
      [1, 3],
      [1, 2],
      [1, 4],
    ],
    0,
    [],
  ],
  [
    'none where another source began',
    [
      [1, 1],
      [2, 900],
      [2, 901],
    ],
    0,
    [],
  ],
  [
    'none that stood in for keys with a source of their own',
    [
      [1, 1],
      [2, 700],
      [2, 701],
      [1, 4],
      [1, 5],
    ],
    0,
    [],
  ],
  [
    'those that were lost beside keys',
    [
      [1, 1],
      [2, 700],
      [2, 701],
      [1, 6],
    ],
    2,
    [{ at: 60, packets: 2 }],
  ],
  [
    'none that came exchanged with those of keys that go on with the numbers',
    [
      [1, 74],
      [2, 75],
      [2, 77],
      [2, 78],
      [1, 80],
      [2, 76],
      [1, 79],
      [1, 81],
    ],
    0,
    [],
  ],
  [
    'those of keys that go on with the numbers once',
    [
      [1, 1],
      [2, 3],
      [2, 4],
      [1, 6],
      [1, 7],
    ],
    2,
    [
      { at: 20, packets: 1 },
      { at: 60, packets: 1 },
    ],
  ],
  [
    'those that were lost after a late one',
    [
      [1, 1],
      [1, 3],
      [1, 2],
      [1, 5],
    ],
    1,
    [{ at: 60, packets: 1 }],
  ],
  [
    'none where numbers began anew',
    [
      [1, 1],
      [1, 30_000],
      [1, 30_001],
    ],
    0,
    [],
  ],
] as const)('counts %s', (_what, packets, lost, losses) => {
  expect(found(packets)).toEqual({ lost, losses, packets: packets.length });
});
