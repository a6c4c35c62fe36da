/** How much is logged; each level holds those before it. */
export const LOG_LEVELS = ['error', 'warning', 'notice', 'info', 'debug'] as const;

/** One of drachtio-server's log levels. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Facts of a log line; no SIP bodies, numbers or URIs among them. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one line of JSON for each event. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** Creates a log that gives its lines, without line ends, to `write`. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const limit = LOG_LEVELS.indexOf(level);
  const writer = (each: LogLevel) => {
    if (LOG_LEVELS.indexOf(each) > limit) return () => {};
    return (message: string, fields: LogFields = {}) =>
      write(JSON.stringify({ time: new Date().toISOString(), level: each, msg: message, ...fields }));
  };
  return {
    error: writer('error'),
    warning: writer('warning'),
    notice: writer('notice'),
    info: writer('info'),
    debug: writer('debug'),
  };
}

/** A log that keeps silent. */
export const silentLog: Log = createLog('error', () => {});
