import type { Writable } from 'node:stream';
import { destination, type Logger, type LoggerOptions, multistream, pino } from 'pino';
import { isRedaction, redactLine } from './log-redaction.ts';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export interface LogOptions {
  readonly level: (typeof logLevels)[number];
  /**
   * Paths of fields whose values are replaced by [redacted]; the words numbers and digits leave those out wherever they stand.
   */
  readonly redact: readonly string[];
  /** Path of the log file; standard error without it. */
  readonly file?: string;
}

/**
 * The process's logger: one JSON object a line on standard error or in a file, so that standard output stays for answers.
 * @param copy gets each line too
 */
export const createLog = (options: LogOptions, copy?: Writable): Logger => {
  const everywhere = new Set(options.redact.filter(isRedaction));
  const settings: LoggerOptions = {
    level: options.level,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: options.redact.filter((word) => !isRedaction(word)), censor: '[redacted]' },
    serializers: { err: serializeError },
    // What nobody asked to be left out costs nothing.
    ...(everywhere.size > 0 ? { hooks: { streamWrite: (line) => redactLine(line, everywhere) } } : {}),
  };
  const lines = destination({ dest: options.file || 2, sync: true, mkdir: true, mode: 0o640 });
  if (!copy) return pino(settings, lines);
  const level = options.level === 'silent' ? 'fatal' : options.level;
  return pino(
    settings,
    multistream([
      { level, stream: lines },
      { level, stream: copy },
    ]),
  );
};

interface SerializedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly remedy?: string;
  readonly details?: unknown;
  readonly stack?: string;
  readonly cause?: SerializedError;
}

/** Errors as data: the code and the remedy first; a stack only where it helps, that is not for what was foreseen. */
const serializeError = (thrown: unknown): SerializedError => {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) };
  const code = 'code' in thrown ? thrown.code : undefined;
  const kind = 'kind' in thrown ? (thrown.kind as { remedy?: string }) : undefined;
  const foreseen = kind !== undefined && code !== 'internal_error';
  return {
    type: thrown.name,
    message: thrown.message,
    ...(code === undefined ? {} : { code }),
    ...(kind?.remedy === undefined ? {} : { remedy: kind.remedy }),
    ...('details' in thrown ? { details: thrown.details } : {}),
    ...(foreseen || thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(thrown.cause === undefined ? {} : { cause: serializeError(thrown.cause) }),
  };
};
