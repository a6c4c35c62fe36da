import { useState } from 'preact/hooks';
import type { ApiError } from './api/client.ts';
import { Trouble } from './parts/trouble.tsx';

/** Asks for a key. */
export const SignIn = (props: { readonly error?: ApiError | undefined; readonly onKey: (key: string) => void }) => {
  const [key, setKey] = useState('');
  return (
    <main class="sign-in">
      <h1>sipreel</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== '') props.onKey(key.trim());
        }}
      >
        <label for="key">API key</label>
        <input
          id="key"
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
      <Trouble error={props.error} />
      <p class="hint">
        <code>sipreel key create</code> makes one. It stays in this tab until you close it.
      </p>
    </main>
  );
};
