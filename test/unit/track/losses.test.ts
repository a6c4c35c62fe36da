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
      [2, 7],
      [2, 8],
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
      [2, 7],
      [2, 8],
      [1, 6],
    ],
    2,
    [{ at: 60, packets: 2 }],
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
