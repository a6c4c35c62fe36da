/** The entry of a listener's thread: follows a recording on the disk and gives the next piece of it whenever it is asked. */
import { parentPort, workerData } from 'node:worker_threads';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import { giveWay, liveBytes } from './live-bytes.ts';
import type { FromLiveThread, LiveSettings, ToLiveThread } from './live-messages.ts';
import { type LiveSound, openLiveSound } from './live-sound.ts';

const { dir, epoch, from, format, ffmpeg } = workerData as LiveSettings;

const tell = (message: FromLiveThread): void => parentPort?.postMessage(message);

/** Pieces that were asked for and not given. */
let asked = 0;
const gone = new AbortController();
let onAsked: (() => void) | undefined;
parentPort?.on('message', (message: ToLiveThread) => {
  if (message === 'more') asked++;
  else gone.abort();
  onAsked?.();
});

/** Resolves when a piece is asked for; false if nobody will ask any more. */
const wanted = async (): Promise<boolean> => {
  while (asked === 0 && !gone.signal.aborted) {
    await new Promise<void>((resolve) => {
      onAsked = resolve;
    });
  }
  asked--;
  return !gone.signal.aborted;
};

const open = async (): Promise<LiveSound> => {
  const now = (): number => Number(process.hrtime.bigint() - epoch) / 1e6;
  const sound = await openLiveSound({ dir, now, from, signal: gone.signal });
  if (sound !== undefined) return sound;
  throw new SipreelError('spool_unreadable', `${dir} has no recording that has begun`);
};

const run = async (): Promise<void> => {
  giveWay();
  const sound = await open();
  try {
    for await (const bytes of liveBytes(sound, format, ffmpeg)) {
      if (!(await wanted())) return;
      tell({ kind: 'bytes', bytes });
    }
    if (await wanted()) tell({ kind: 'end' });
  } finally {
    await sound.close();
  }
};

run()
  .catch((error: unknown) => tell({ kind: 'failed', error: asSipreelError(error).report() }))
  .finally(() => parentPort?.close());
