import { defineConfig } from 'vitest/config';

/**
 * unit: pure parts. parts: against real outside parts. e2e: whole calls; they mostly wait, so two files run at a time. alone:
 * those of them that measure milliseconds, or bring up so many calls that others would hear of it; nothing runs beside them.
 */
const alone = ['bridged-calls', 'codecs', 'dashboard', 'digit-latency', 'digits', 'load', 'methods', 'observed'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

const chaos = {
  test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], hookTimeout: 60_000, sequence: { groupOrder: 4 } },
};

/** Makes the pictures of the docs: `npm run screenshots`, and no part of the tests. */
const pictures = { test: { name: 'pictures', include: ['test/pictures/**/*.test.ts'], hookTimeout: 120_000 } };

/** Looks at the container image in the folder that IMAGE names: `npm run check:image`, and no part of the tests. */
const image = { test: { name: 'image', include: ['test/image/**/*.test.ts'] } };

export default defineConfig({
  test: {
    reporters: process.env.CI ? ['verbose'] : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: ['test/kit/seed.ts'],
          // Much computing in some; on a busy machine five seconds are soon over.
          testTimeout: 60_000,
          // Both cores, and one load of the code for all files: they are pure.
          maxWorkers: 2,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'parts',
          include: ['test/parts/**/*.test.ts'],
          setupFiles: ['test/kit/seed.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: alone,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'alone',
          include: alone,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      chaos,
      ...(process.env.PICTURES === undefined ? [] : [pictures]),
      ...(process.env.IMAGE === undefined ? [] : [image]),
    ],
  },
});
