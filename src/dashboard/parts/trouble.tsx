import type { ApiError } from '../api/client.ts';

/** What went wrong and what to do, as the server says it. */
export const Trouble = ({ error }: { readonly error?: ApiError | undefined }) =>
  error === undefined ? null : (
    <p class="trouble" role="alert">
      <strong>{error.message}</strong> {error.remedy}
    </p>
  );
