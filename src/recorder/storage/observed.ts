import type { Storage } from './storage.ts';

/** What storage does for others, by the names of its methods. */
export type StorageOperation = 'put' | 'find' | 'note' | 'read' | 'remove';

/** Who is told of what storage does, for figures. */
export interface StorageObserver {
  done(operation: StorageOperation, tookMs: number, bytes: number): void;
  failed(operation: StorageOperation): void;
}

/** The same storage, which tells the observer of each operation that took place. */
export const observeStorage = (storage: Storage, observer: StorageObserver): Storage => {
  const observed =
    <Arguments extends readonly unknown[], Result>(
      operation: StorageOperation,
      work: (...given: Arguments) => Promise<Result>,
      bytesOf: (result: Result) => number = () => 0,
    ) =>
    async (...given: Arguments): Promise<Result> => {
      const since = performance.now();
      try {
        const result = await work(...given);
        observer.done(operation, performance.now() - since, bytesOf(result));
        return result;
      } catch (error) {
        observer.failed(operation);
        throw error;
      }
    };
  return {
    ...storage,
    put: observed('put', storage.put, ({ size }) => size),
    find: observed('find', storage.find),
    note: observed('note', storage.note),
    read: observed('read', storage.read),
    remove: observed('remove', storage.remove),
  };
};
