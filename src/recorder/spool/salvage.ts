import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';
import type { RecordingRecord } from '../recording/record.ts';
import { type JournalContents, readJournal } from './journal-file.ts';
import { isRecordingId, journalPath, trackNames, trackPath } from './layout.ts';
import { contentsOf, type SpoolContents } from './read-spool.ts';
import { readTrackBatches } from './read-track.ts';
import { readRtpdumpHeader } from './rtpdump.ts';

/** A spool as far as it can be read. */
export interface SalvagedSpool {
  readonly spool: SpoolContents;
  /** Tracks of which nothing can be read; one that is only missing has no sound. */
  readonly broken: readonly TrackName[];
  /** What is wrong with it and what was assumed instead, in sentences; none for a healthy spool. */
  readonly problems: readonly string[];
}

/** Room for a header and what may stand before a damage. */
const headBytes = 256;

/**
 * Reads a spool that may be damaged, for people who want what is left of it. It only reads, so the recording may go on.
 * @throws SipreelError spool_unreadable if there is nothing in it
 */
export const salvageSpool = async (dir: string): Promise<SalvagedSpool> => {
  const isDirectory = await stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) throw unreadable(dir, 'is no directory');
  const problems: string[] = [];
  const found = await Promise.all(trackNames.map((name) => lookAt(dir, name, problems)));
  const tracks = found.filter((track) => track !== 'missing' && track !== 'broken');
  const broken = trackNames.filter((_, i) => found[i] === 'broken');
  const readable = trackNames.filter((name) => !broken.includes(name));
  const journal = await readJournal(journalPath(dir)).catch((thrown: unknown): JournalContents => {
    problems.push(`${asSipreelError(thrown).message}: there is no journal`);
    return { entries: [], damagedLines: 0 };
  });
  if (journal.damagedLines > 0) problems.push(`${journal.damagedLines} lines of the journal cannot be read`);
  const opened = journal.entries.find((entry) => entry.event === 'opened');
  if (opened === undefined && tracks.every(({ empty }) => empty)) {
    throw unreadable(dir, 'has neither a journal that says what it is nor a track with packets');
  }
  const record = opened?.record ?? guessed(dir, tracks, problems);
  if (!journal.entries.some(({ event }) => event === 'started')) {
    problems.push('the journal does not say when the recording started');
  }
  return { spool: await contentsOf(dir, record, journal, readable), broken, problems };
};

interface FoundTrack {
  readonly name: TrackName;
  readonly empty: boolean;
  /** Unix seconds of time 0, if its header says so. */
  readonly startTime: number | undefined;
}

/** One track, if it is there and can be read; what is wrong with it goes to the problems. */
const lookAt = async (dir: string, name: TrackName, problems: string[]): Promise<FoundTrack | 'missing' | 'broken'> => {
  const path = trackPath(dir, name);
  try {
    let packets = 0;
    for await (const batch of readTrackBatches(dir, name)) {
      packets += batch.packets.length;
      if (batch.skippedBytes > 0) {
        const after = ((batch.packets[0]?.offsetMs ?? 0) / 1000).toFixed(1);
        problems.push(`${path}: ${batch.skippedBytes} bytes before ${after} s are no packets and are left out`);
      }
    }
    const head = await headOf(path);
    return head === undefined ? 'missing' : { name, empty: packets === 0, startTime: startTimeOf(head) };
  } catch (thrown) {
    problems.push(`${asSipreelError(thrown).message}: this direction is left out`);
    return 'broken';
  }
};

const headOf = async (path: string): Promise<Buffer | undefined> => {
  // A direction that was not recorded has no file.
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const startTimeOf = (head: Buffer): number | undefined => {
  const startedAt = readRtpdumpHeader(head)?.startedAt;
  return startedAt === undefined ? undefined : startedAt / 1000;
};

/** The record of a recording of which only tracks are left: all that there is, each direction on its side. */
const guessed = (dir: string, tracks: readonly FoundTrack[], problems: string[]): RecordingRecord => {
  const [first, second] = tracks.filter(({ empty }) => !empty).map(({ name }) => name);
  const direction = first !== undefined && second === undefined ? first : 'both';
  problems.push(`whose recording it is is not known; it is taken for ${direction}, from the first packet on`);
  const name = basename(dir);
  return {
    recording_id: isRecordingId(name) ? name : 'unknown',
    call_id: 'unknown',
    control_id: 'unknown',
    node_id: 'unknown',
    state: 'error',
    format: 'wav',
    direction,
    stereo: true,
    url: '',
    from: '',
    to: '',
    start_time: tracks.find(({ startTime }) => startTime !== undefined)?.startTime ?? 0,
  };
};

const unreadable = (dir: string, why: string): SipreelError =>
  new SipreelError('spool_unreadable', `${dir} ${why}`, { details: { path: dir } });
