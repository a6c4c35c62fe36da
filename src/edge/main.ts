#!/usr/bin/env node
import { readArguments, USAGE } from './arguments.ts';
import { createEdge } from './edge.ts';
import { EdgeError } from './error.ts';
import { createLog, type Log } from './log.ts';
import { type EdgeOptions, PROTOCOL_VERSION } from './options.ts';
import { RFC_TIMERS } from './transaction/timers.ts';

async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted.command === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  if (wanted.command === 'version') {
    process.stdout.write(`${PROTOCOL_VERSION}\n`);
    return;
  }
  const { command: _, logLevel, t1Ms, ignored, ...options } = wanted;
  const log = createLog(logLevel, (line) => process.stderr.write(`${line}\n`));
  if (ignored.length > 0) log.info('arguments ignored', { names: ignored.join(' ') });
  await run({ ...options, log, ...(t1Ms === undefined ? {} : { timers: scaled(t1Ms) }) }, log);
}

/** All timers in the proportions of RFC 3261. */
function scaled(t1Ms: number): typeof RFC_TIMERS {
  const factor = t1Ms / RFC_TIMERS.t1Ms;
  return { t1Ms, t2Ms: RFC_TIMERS.t2Ms * factor, t4Ms: RFC_TIMERS.t4Ms * factor };
}

async function run(options: EdgeOptions, log: Log): Promise<void> {
  const edge = createEdge(options);
  const stop = (signal: NodeJS.Signals): void => {
    log.notice('closing', { signal });
    edge.close().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await edge.start();
}

function fail(error: unknown): void {
  const text = error instanceof EdgeError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`sip edge: ${text}\n`);
  process.exit(1);
}

main().catch(fail);
