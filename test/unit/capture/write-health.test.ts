import { describe, expect, it } from 'vitest';
import { createWriteHealth } from '../../../src/recorder/capture/write-health.ts';

describe('the health of writing', () => {
  it('tells of the first failure and of the last recovery', () => {
    const told: string[] = [];
    const health = createWriteHealth({
      onFailed: (track, error) => told.push(`${track}: ${error.message}`),
      onRecovered: () => told.push('recovered'),
    });
    health.recovered('speak');
    health.failed('speak', new Error('full'));
    health.failed('speak', new Error('full'));
    health.failed('listen', new Error('full'));
    health.recovered('speak');
    expect(told).toEqual(['speak: full']);
    health.recovered('listen');
    health.failed('listen', new Error('full again'));
    expect(told).toEqual(['speak: full', 'recovered', 'listen: full again']);
  });
});
