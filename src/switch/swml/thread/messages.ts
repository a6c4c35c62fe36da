import type { ErrorCode } from '../../../errors/registry.ts';
import type { Evaluated } from '../expressions/sandbox.ts';

/** What a script thread is asked to do; it does one thing after the other. */
export type ScriptTask =
  /** The value of an expression, with its scopes as JSON. */
  | { readonly kind: 'evaluate'; readonly expression: string; readonly scopes: string }
  /** The values of a script's text. */
  | { readonly kind: 'read'; readonly text: string; readonly name: string };

export type ScriptAnswer =
  | { readonly kind: 'evaluated'; readonly evaluated: Evaluated }
  /** As packNode makes it. */
  | { readonly kind: 'node'; readonly node: string }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    }
  /** A fault of the thread itself. */
  | { readonly kind: 'failed'; readonly message: string };
