/** One line of sipreel's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** A recording as the server's log tells of it; times in ms unless said otherwise. */
export interface LoggedRecording {
  readonly id: string;
  /** What was recorded, s. */
  readonly seconds: number;
  /** From record_call to the first packet of each track. */
  readonly firstPacketMs: Readonly<Record<string, number>>;
  /** From stop_record_call to the file that can be played; missing if it never could. */
  readonly playableMs?: number;
}

export interface LoggedPhase {
  readonly calls: number;
  readonly recordings: readonly LoggedRecording[];
  /** Messages of level error and above. */
  readonly errors: readonly string[];
}

/** The lines of a log file; a last line that is not complete is left out. */
export const parseLog = (text: string): LogLine[] =>
  text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);

/** What the log says of all calls to one number. */
export const phaseOf = (lines: readonly LogLine[], calledNumber: string): LoggedPhase => {
  const calls = new Set(
    lines.filter(({ msg, to }) => msg === 'INVITE' && String(to).includes(`:${calledNumber}@`)).map(callOf),
  );
  const mine = lines.filter((line) => calls.has(callOf(line)));
  const ids = new Set(mine.flatMap(({ msg, recording_id }) => (msg === 'recording' ? [String(recording_id)] : [])));
  return {
    calls: calls.size,
    recordings: [...ids].map((id) =>
      recordingOf(
        id,
        mine.filter((line) => line.recording_id === id),
      ),
    ),
    errors: mine.flatMap((line) =>
      line.level === 'error' || line.level === 'fatal'
        ? [`${line.msg}: ${(line.err as { message?: string } | undefined)?.message ?? ''}`]
        : [],
    ),
  };
};

const callOf = (line: LogLine): string => String(line.call_id);

const recordingOf = (id: string, lines: readonly LogLine[]): LoggedRecording => {
  const find = (msg: string): LogLine | undefined => lines.find((line) => line.msg === msg);
  const captured = find('captured');
  const playable = find('stop_record_call: playable');
  return {
    id,
    seconds: Number(captured?.seconds ?? 0),
    firstPacketMs: Object.fromEntries(
      lines.filter(({ msg }) => msg === 'first packet').map(({ track, after_ms }) => [String(track), Number(after_ms)]),
    ),
    ...(playable === undefined ? {} : { playableMs: Number(playable.took_ms) }),
  };
};
