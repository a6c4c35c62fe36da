import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { CallFacts } from './call-port.ts';
import { withoutCredentials } from './script-http.ts';
import type { ScriptSource } from './script-source.ts';
import type { SwmlDocument } from './step.ts';

/** What a route says of its script. */
export interface RouteScript {
  /** Path or http(s) URL, or the script itself: as an object, or as text of several lines. */
  readonly script: string | object;
  /** Runs where the script cannot be had or is no script. */
  readonly fallback?: string | undefined;
  /** Refuses what SWML's reference does not have, in the fallback too. */
  readonly strict?: boolean | undefined;
}

/**
 * The script of a call, or its fallback where there is one. Why the fallback runs is logged.
 * Throws what ScriptSource.load throws: the error of the script, which names that of the fallback if both fail.
 */
export const loadRouteScript = async (
  source: Pick<ScriptSource, 'load'>,
  { script, fallback, strict }: RouteScript,
  facts: CallFacts,
  log: Logger,
): Promise<SwmlDocument> => {
  try {
    return await source.load(script, facts, { strict });
  } catch (thrown) {
    if (fallback === undefined) throw thrown;
    const error = asSipreelError(thrown);
    log.error(
      { err: error, script: nameOf(script), fallback: withoutCredentials(fallback) },
      'the script of the route cannot be used: its fallback runs',
    );
    try {
      return await source.load(fallback, facts, { strict });
    } catch (second) {
      const message = `${error.message}; the fallback too: ${asSipreelError(second).message}`;
      throw new SipreelError(error.code, message, { cause: error, details: { ...error.details } });
    }
  }
};

const nameOf = (script: string | object): string =>
  typeof script === 'string' && !script.includes('\n') ? withoutCredentials(script) : 'inline script';
