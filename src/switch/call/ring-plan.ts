/** How a ring was asked for: one of them. */
export interface RingRequest<Target> {
  /** One alone. */
  readonly to?: Target | undefined;
  /** One after the other. */
  readonly serial?: readonly Target[] | undefined;
  /** All at once. */
  readonly parallel?: readonly Target[] | undefined;
  /** Groups one after the other; those of a group at once. */
  readonly serial_parallel?: readonly (readonly Target[])[] | undefined;
}

/** Groups that ring one after the other; those of a group ring at once, and the first answer ends it all. */
export const ringPlan = <Target>(request: RingRequest<Target>): readonly (readonly Target[])[] => {
  const { to, serial = [], parallel = [], serial_parallel = [] } = request;
  const groups = [to === undefined ? [] : [to], ...serial.map((target) => [target]), parallel, ...serial_parallel];
  return groups.filter((group) => group.length > 0);
};

/** Why a call was not connected: connect_failed_reason. */
export type ConnectFailure =
  | 'busy'
  | 'declined'
  /** Somebody has answered and did not take the call: see confirm. */
  | 'not_confirmed'
  | 'no_answer'
  | 'not_found'
  | 'unavailable'
  | 'error';

/** What a final response means to a script; 0 is no response at all. */
export const failureOf = (status: number): ConnectFailure => {
  if (status === 486 || status === 600) return 'busy';
  if (status === 603 || status === 403 || status === 607) return 'declined';
  if (status === 408 || status === 480 || status === 487) return 'no_answer';
  if (status === 404 || status === 410 || status === 484 || status === 604) return 'not_found';
  if (status >= 500 && status < 600) return 'unavailable';
  return 'error';
};

/** From what says most of the people who were called to what says least. */
const telling: readonly ConnectFailure[] = [
  'busy',
  'declined',
  'not_confirmed',
  'no_answer',
  'unavailable',
  'not_found',
  'error',
];

/** The one failure that stands for all: the one that says most. */
export const decisiveFailure = <Failure extends { readonly reason: ConnectFailure }>(
  failures: readonly Failure[],
): Failure | undefined =>
  [...failures].sort((one, other) => telling.indexOf(one.reason) - telling.indexOf(other.reason))[0];
