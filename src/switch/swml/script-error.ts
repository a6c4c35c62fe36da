import { SipreelError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/registry.ts';

/** The codes of SWML's own errors. */
export type ScriptErrorCode = Extract<ErrorCode, `relay_script_${string}`>;

/** Where something stands in a script's text; both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where something stands in a script: its text and its structure, such as `sections.main[2].record_call.format`. */
export interface ScriptPlace extends Position {
  /** The file, the URL without its credentials, or the name that an inline script was given. */
  readonly script: string;
  readonly path: string;
}

/** An error at a place of a script: `FILE:LINE:COLUMN: PATH: TEXT`, with script, path, line and column in its details. */
export const scriptError = (
  code: ScriptErrorCode,
  place: ScriptPlace,
  text: string,
  options: { cause?: unknown; details?: Record<string, unknown> } = {},
): SipreelError => {
  const { script, line, column } = place;
  const path = shortened(place.path, longestPath);
  const message = `${script}:${line}:${column}: ${path === '' ? '' : `${path}: `}${shortened(text, longestText)}`;
  const details = Object.entries(options.details ?? {}).map(([name, value]) => {
    return [name, typeof value === 'string' ? shortened(value, longestPath) : value];
  });
  return new SipreelError(code, message, {
    ...(options.cause === undefined ? {} : { cause: options.cause }),
    details: { script, path, line, column, ...Object.fromEntries(details) },
  });
};

/** Names in scripts may be of any length; what logs and headers have of them may not. */
const longestPath = 300;
const longestText = 1_000;

const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 3)}...`;

/** True for what scriptError made: it already says where in the script it happened. */
export const isScriptError = (thrown: unknown): thrown is SipreelError =>
  thrown instanceof SipreelError && thrown.code.startsWith('relay_script_');

/** A value as an error message shows it: JSON, cut to 80 characters, URLs without their user and password. */
export const shown = (value: unknown): string => {
  const text = (JSON.stringify(value) ?? String(value)).replace(/:\/\/[^/\s"]*@/g, '://');
  return shortened(text, 80);
};
