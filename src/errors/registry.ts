import type { ErrorKind } from './kind.ts';
import { callsKinds } from './kinds/calls.ts';
import { eventsKinds } from './kinds/events.ts';
import { filesKinds } from './kinds/files.ts';
import { httpKinds } from './kinds/http.ts';
import { outsideKinds } from './kinds/outside.ts';
import { processKinds } from './kinds/process.ts';
import { promptsKinds } from './kinds/prompts.ts';
import { recordingsKinds } from './kinds/recordings.ts';
import { scriptsKinds } from './kinds/scripts.ts';

export type { ErrorKind, Fault } from './kind.ts';

/**
 * Every error of the project, by code. The message with the value at fault is made where the error is thrown;
 * what follows from it stands here once, so that log, API, SIP response and event say the same.
 */
export const errorKinds = {
  ...processKinds,
  ...outsideKinds,
  ...eventsKinds,
  ...callsKinds,
  ...recordingsKinds,
  ...filesKinds,
  ...httpKinds,
  ...scriptsKinds,
  ...promptsKinds,
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;
