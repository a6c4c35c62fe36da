import { SipreelError } from '../../errors/error.ts';

/** Does something to the file at a location; whatever goes wrong becomes storage_failed, with the location and what was tried. */
export const attempt = async <T>(what: string, location: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SipreelError) throw error;
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new SipreelError('storage_failed', `${location} can't be ${what}: ${reason}`, {
      cause: error,
      details: { file: location },
    });
  }
};
