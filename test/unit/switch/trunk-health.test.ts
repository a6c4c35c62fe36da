import { describe, expect, test } from 'vitest';
import { nextHealth, outcomeOf, type TrunkHealth, unknownHealth } from '../../../src/switch/sip/trunk-health.ts';

describe('what a response to OPTIONS says of a trunk', () => {
  test.each([
    [200, true, 'alive'],
    [401, true, 'alive'],
    [403, true, 'alive'],
    [404, true, 'alive'],
    [405, true, 'alive'],
    [486, true, 'alive'],
    [500, true, 'alive'],
    [503, true, 'unavailable'],
    [408, true, 'silent'],
    [408, false, 'silent'],
    [503, false, 'silent'],
    [0, false, 'silent'],
  ])('%s from the network: %s', (status, fromNetwork, kind) => {
    expect(outcomeOf(status, fromNetwork)).toEqual({ kind });
  });
});

const after = (kinds: string, limit = 3): TrunkHealth => {
  const outcomes = { a: { kind: 'alive' }, u: { kind: 'unavailable' }, s: { kind: 'silent' } } as const;
  return [...kinds].reduce(
    (health, kind) => nextHealth(health, outcomes[kind as keyof typeof outcomes], limit),
    unknownHealth,
  );
};

describe('alive, unavailable, silent', () => {
  test.each([
    ['', true],
    ['sssss', true],
    ['ass', true],
    ['asss', false],
    ['assass', true],
    ['ssasss', false],
    ['assss', false],
    ['asssa', true],
    ['sssu', false],
    ['usss', false],
    ['u', false],
    ['us', false],
    ['ua', true],
    ['uas', true],
  ])('%j: up is %s', (kinds, up) => {
    expect(after(kinds).up).toBe(up);
  });
});
