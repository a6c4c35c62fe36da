import type { SipreelError } from '../../../errors/error.ts';
import type { ScriptPlace } from '../script-error.ts';

/** What lint warns of, and what to do about it. */
export const warnings = {
  unreachable_step: 'Delete the step, or put a label before it that a goto names.',
  unused_label: 'Delete the label, or name it in a goto of the same section.',
  unused_section: 'Delete the section, or name it in an execute or a transfer.',
  no_effect: 'Delete the parameter, or change what makes it useless.',
} as const;

export type WarningCode = keyof typeof warnings;

/** One thing that lint has to say of a script. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  /** Without the place. */
  readonly message: string;
  /** The file, or what stands in it as a script of its own: `FILE#PATH`. */
  readonly script: string;
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly remedy: string;
}

export const warning = (code: WarningCode, { script, path, line, column }: ScriptPlace, message: string): Finding => ({
  severity: 'warning',
  code,
  message: path === '' ? message : `${path}: ${message}`,
  script,
  path,
  line,
  column,
  remedy: warnings[code],
});

/** An error of a script as a finding; one that is of no place, such as an unreadable file, is of the script's first line. */
export const findingOf = (error: SipreelError, name: string): Finding => {
  const { script, path, line, column } = { script: name, path: '', line: 1, column: 1, ...error.details };
  const place = { script: String(script), path: String(path), line: Number(line), column: Number(column) };
  const prefix = `${place.script}:${place.line}:${place.column}: `;
  const message = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  return { severity: 'error', code: error.code, message, ...place, remedy: error.kind.remedy };
};
