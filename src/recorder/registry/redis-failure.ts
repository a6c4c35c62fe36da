import { SipreelError } from '../../errors/error.ts';

/** Answers of a Redis that is there but serves nobody yet. */
const notServing = /^(LOADING|MASTERDOWN|CLUSTERDOWN)\b/;

/** True for an error that Redis answered with, false for one of the way to it. */
export const isReply = (thrown: unknown): thrown is Error => thrown instanceof Error && thrown.name === 'ReplyError';

/** What ioredis threw, as redis_refused if Redis answered with an error, else as redis_away. */
export const asRedisFailure = (thrown: unknown): SipreelError => {
  if (thrown instanceof SipreelError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (isReply(thrown) && !notServing.test(message)) {
    return new SipreelError('redis_refused', `Redis refused a command: ${message}`, { cause: thrown });
  }
  return new SipreelError('redis_away', `Redis does not answer: ${message}`, { cause: thrown });
};

/** Runs a command and throws redis_away or redis_refused where ioredis throws. */
export const withRedis = async <T>(command: () => Promise<T>): Promise<T> => {
  try {
    return await command();
  } catch (error) {
    throw asRedisFailure(error);
  }
};
