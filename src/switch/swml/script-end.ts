import type { SipreelError } from '../../errors/error.ts';

/** How a script ended. */
export type ScriptEnd =
  /** Nothing is left to do: the one who ran it hangs up. */
  | { readonly result: 'completed' }
  /** The script has hung up. */
  | { readonly result: 'hangup' }
  /** The call was over before the script. */
  | { readonly result: 'call_ended' }
  | { readonly result: 'script_error'; readonly error: SipreelError };
