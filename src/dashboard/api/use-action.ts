import { useState } from 'preact/hooks';
import { ApiError } from './client.ts';

/** Something that a button does: whether it goes on, and why it failed the last time. */
export interface Action {
  readonly busy: boolean;
  readonly error?: ApiError | undefined;
  run(work: () => Promise<unknown>): void;
}

export const useAction = (): Action => {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  return {
    busy,
    error,
    run(work) {
      setBusy(true);
      setError(undefined);
      work()
        .catch((thrown: unknown) => {
          setError(
            thrown instanceof ApiError
              ? thrown
              : new ApiError({ status: 0, code: 'failed', detail: String(thrown), remedy: '' }),
          );
        })
        .finally(() => setBusy(false));
    },
  };
};
