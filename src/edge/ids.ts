import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** Where new names come from; tests give it another one. */
export interface Ids {
  uuid(): string;
  /** A tag of From or To (RFC 3261 section 19.3). */
  tag(): string;
  /** A branch, magic cookie included (RFC 3261 section 8.1.1.7). */
  branch(): string;
  /** A first CSeq or RSeq number, with room to count on. */
  sequence(): number;
}

/** Random names. */
export const randomIds: Ids = {
  uuid: randomUUID,
  tag: () => randomBytes(8).toString('hex'),
  branch: () => `z9hG4bK${randomBytes(10).toString('hex')}`,
  sequence: () => randomInt(1, 1 << 30),
};
