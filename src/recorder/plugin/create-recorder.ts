import { rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { type Closers, createClosers } from '../../closers.ts';
import { SipreelError } from '../../errors/error.ts';
import { createLog } from '../../log.ts';
import { parseAudio } from '../../sdp/audio.ts';
import { createCapture } from '../capture/capture.ts';
import { createLocalFiles } from '../control/local-files.ts';
import { createMailbox } from '../control/mailbox.ts';
import { type Controlled, createRecordingControl } from '../control/recording-control.ts';
import { createEncodeQueue, encodeQueueName } from '../encode/queue.ts';
import { createEncodeSweeper } from '../encode/sweeper.ts';
import { createWorkerProcess } from '../encode/worker-process.ts';
import { createNotifier } from '../notify/queue.ts';
import { createRecorder as createPartyRecorder, type RecordingReference } from '../recorder.ts';
import { checkRecordCallParameters, type GivenParameters } from '../recording/check-parameters.ts';
import type { TrackName } from '../recording/parameters.ts';
import type { PauseBehavior } from '../recording/pauses.ts';
import type { RecordingRecord } from '../recording/record.ts';
import { closeRedis, connectRedis, whenReady } from '../registry/connection.ts';
import type { WaitOptions } from '../registry/ended.ts';
import { filesMade, unendedOf } from '../registry/files-made.ts';
import { createRegistry } from '../registry/registry.ts';
import { createDeletions, type DeletionResult } from '../retention/deletion.ts';
import type { ActiveRecording } from '../running-recording.ts';
import { createNodeLife } from '../spool/node-life.ts';
import { createSpoolRoom } from '../spool/room.ts';
import { sweepRemovedSpools } from '../spool/spool.ts';
import { claimNode } from './only-one.ts';
import type { CallToRecord, CreateRecorderOptions } from './options.ts';
import { type Recording, recordingOf } from './recording.ts';
import { createRtpengines } from './rtpengines.ts';
import { storesOf } from './stores.ts';
import { workerConfigOf } from './worker-config.ts';

/** Records parties of calls that an application of yours carries through rtpengine. */
export interface Recorder {
  /**
   * Starts a recording; resolves when sound is being captured.
   * @throws SipreelError recording_parameters_invalid, control_id_invalid, control_id_taken, fork_refused, rtpengine_away,
   * rtpengine_refused, recordings_limit, spool_room_low, spool_open_failed
   */
  start(call: CallToRecord, parameters?: GivenParameters): Promise<Recording>;
  /** The active recording of that name on a call of this process. */
  find(callId: string, controlId: string): Recording | undefined;
  active(): readonly Recording[];
  /** The record of any node's recording. @throws SipreelError redis_away */
  get(recordingId: string): Promise<RecordingRecord | undefined>;
  /** Stops any node's recording. @throws SipreelError recording_unknown, node_gone, node_unanswered, redis_away */
  stop(which: RecordingReference): Promise<Controlled>;
  /** Pauses any node's recording. @throws SipreelError recording_ended too */
  pause(which: RecordingReference, behavior?: PauseBehavior): Promise<Controlled>;
  resume(which: RecordingReference): Promise<Controlled>;
  /** Deletes an ended recording of any node: file and record. @throws SipreelError recording_active, storage_failed too */
  delete(recordingId: string): Promise<DeletionResult>;
  /** The record once there is a file or there will be none; undefined after `timeoutMs`. @throws SipreelError redis_away */
  whenEnded(recordingId: string, options?: WaitOptions): Promise<RecordingRecord | undefined>;
  /** The party has pressed a key (0-9 * # A-D) that is not in its RTP: SIP INFO. @throws SipreelError digit_invalid */
  digit(callId: string, digit: string, durationMs?: number): void;
  /**
   * A leg has other payload types from now on (re-INVITE, another leg as peer): its newest SDP.
   * @throws SipreelError sdp_invalid
   */
  mediaChanged(callId: string, track: TrackName, sdp: string): void;
  /** The call is over: ends its recordings; resolves when their sound is on the disk. Never rejects. */
  callEnded(callId: string): Promise<void>;
  /** Idempotent: ends all recordings, waits for their files for a minute at most, then ends all that was started. */
  close(): Promise<void>;
}

/** How long the start waits for Redis, ms. */
const startWithinMs = 15_000;
/** The length of a key press that nobody has told, ms. */
const usualPressMs = 160;

/**
 * A recorder for another application: resolves when it can record.
 * @throws SipreelError plugin_options_invalid, node_taken, redis_url_invalid, redis_away, spool_open_failed, capture_died
 */
export const createRecorder = async (options: CreateRecorderOptions): Promise<Recorder> => {
  const closers = createClosers();
  try {
    return await wire(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
};

const wire = async (options: CreateRecorderOptions, closers: Closers): Promise<Recorder> => {
  const { node: nodeId = hostname(), prefix = 'sipreel', address: captureAddress = '127.0.0.1' } = options;
  const log = options.log ?? createLog({ level: 'warn', redact: [] });
  const dataDir = resolve(options.dir);
  const spoolRoot = join(dataDir, 'spool');
  const workerConfig = workerConfigOf({
    options,
    node: nodeId,
    prefix,
    dataDir,
    logLevel: options.log?.level ?? 'warn',
  });
  closers.add(await claimNode(dataDir, nodeId), (giveUp) => giveUp());
  const rtpengines = closers.add(createRtpengines(log), (part) => part.close());
  rtpengines.at(options.rtpengine); // What is wrong with it is told now.

  const redis = (role: 'commands' | 'blocking' | 'subscriber') =>
    closers.add(connectRedis({ url: options.redis, role, log }), closeRedis);
  const commands = redis('commands');
  await whenReady(commands, startWithinMs);
  const registry = closers.add(
    createRegistry({ redis: commands, subscriber: redis('subscriber'), prefix, nodeId, log }),
    (part) => part.close(),
  );
  registry.start();
  const notifier = closers.add(createNotifier({ connection: redis('blocking'), prefix, log }), (part) => part.close());
  const queue = closers.add(
    createEncodeQueue({ connection: commands, queueName: encodeQueueName(options.queue || nodeId), prefix, log }),
    (part) => part.close(),
  );
  const mailbox = closers.add(
    createMailbox({ redis: commands, subscriber: redis('subscriber'), prefix, nodeId, log }),
    (part) => part.close(),
  );
  const { storage } = closers.add(storesOf(options.stores, dataDir, log), (part) => part.close());

  const capture = closers.add(
    createCapture({ spoolRoot, log, address: captureAddress, threads: options.threads ?? 2 }),
    (part) => part.close(),
  );
  await capture.start();
  const refuseBelow = options.spoolFree ?? 500_000_000;
  const room = closers.add(
    createSpoolRoom({ root: spoolRoot, refuseBelow, warnBelow: refuseBelow * 10, log }),
    (part) => part.close(),
  );
  await room.start();
  const { maxRecordings, inbandDigits = false } = options;
  const recorder = createPartyRecorder(
    { registry, notifier, capture, queue, room, log },
    {
      nodeId,
      spoolRoot,
      captureAddress,
      inbandDigits,
      ...(maxRecordings === undefined ? {} : { maxRecordings }),
      // Pieces live in the memory of one worker.
      ...(options.queue ? { pieceMs: 0 } : {}),
      urlOf: options.urlOf ?? (({ recording_id }) => `urn:uuid:${recording_id}`),
    },
  );
  const files = createLocalFiles(spoolRoot, storage);
  const control = createRecordingControl({ registry, recorder, mailbox, files });
  await sweepRemovedSpools(spoolRoot);
  const life = closers.add(createNodeLife({ folder: join(dataDir, 'nodes'), nodeId, log }), (part) => part.close());
  await life.start();
  const sweeper = closers.add(
    createEncodeSweeper({
      ...{ spoolRoot, nodeId, goneNodes: life.gone, queue, isOwned: recorder.owns, log },
      unended: () => unendedOf(registry, nodeId),
    }),
    (part) => part.close(),
  );
  const deletions = closers.add(
    createDeletions({
      ...{ registry, mailbox, files, queue, nodeId, prefix, commands, log },
      blocking: redis('blocking'),
      audit: (action, facts) => log.info(facts, action),
    }),
    (part) => part.close(),
  );
  mailbox.start();
  sweeper.start();
  deletions.start();
  Promise.all([deletions.resume(), deletions.clearLeft()]).catch((err: unknown) =>
    log.warn({ err }, 'what was to be deleted before is not yet: it is at the next start'),
  );

  const hasWorker = options.worker !== false;
  if (hasWorker) {
    // Not on its command line, which everybody on the machine can read.
    const config = join(dataDir, `worker-${encodeURIComponent(nodeId)}.json`);
    await writeFile(config, JSON.stringify(workerConfig, null, 2), { mode: 0o600 });
    closers.add(config, (file) => rm(file, { force: true }));
    closers
      .add(createWorkerProcess({ args: ['serve', '--role', 'worker', '--config', config], log }), (part) =>
        part.close(),
      )
      .start();
  }

  const { whenEnded } = registry;
  let closing: Promise<void> | undefined;
  /** What is just being started. */
  const starting = new Set<Promise<ActiveRecording>>();
  const close = async (): Promise<void> => {
    await Promise.allSettled(starting);
    await Promise.all(recorder.active().map(({ callId }) => recorder.callEnded(callId)));
    if (hasWorker) await filesMade(registry, nodeId, log);
    await closers.close();
  };

  return {
    async start(call, given = {}) {
      if (closing !== undefined) throw new SipreelError('draining', 'the recorder is closed');
      const parameters = checkRecordCallParameters(given);
      if (parameters.beep) throw new SipreelError('beep_not_sent', 'beep: true');
      const { callId, rtpengineCallId = callId, partyTag, peerTag, from = '', to = '', trunk } = call;
      const rtpengine = rtpengines.at(call.rtpengine ?? options.rtpengine);
      const source = { rtpengine, callId: rtpengineCallId, partyTag, peerTag };
      const recorded = { callId, from, to, source, ...(trunk === undefined ? {} : { trunk }) };
      const started = recorder.start(recorded, parameters);
      starting.add(started);
      return recordingOf(await started.finally(() => starting.delete(started)), whenEnded);
    },
    find(callId, controlId) {
      const found = recorder.find(callId, controlId);
      return found && recordingOf(found, whenEnded);
    },
    active: () => recorder.active().map((each) => recordingOf(each, whenEnded)),
    get: registry.get,
    stop: (which) => control.stop(which),
    pause: (which, behavior = 'skip') => control.pause(which, behavior),
    resume: (which) => control.resume(which),
    delete: (recordingId) => deletions.remove(recordingId, { why: 'request', at: Date.now() / 1000, by: nodeId }),
    whenEnded,
    digit: (callId, digit, durationMs = usualPressMs) => recorder.digit(callId, digit, 'info', durationMs),
    mediaChanged: (callId, track, sdp) => recorder.mediaChanged(callId, track, parseAudio(sdp).payloads),
    callEnded: recorder.callEnded,
    close() {
      closing ??= close();
      return closing;
    },
  };
};
