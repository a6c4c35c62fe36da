import { close, write } from 'node:fs';
import { promisify } from 'node:util';
import { decodeRecords, recordHeaderBytes, writeRecordHeader } from '../spool/rtpdump.ts';
import type { WriteMeter } from './strain.ts';

/** Bytes that wait in memory for the disk, for all tracks of a recording together. */
export interface MemoryBudget {
  readonly limit: number;
  used: number;
}

export interface TrackWriterOptions {
  /** A file open for writing; the writer closes it. */
  readonly fd: number;
  /** Where in the file the first byte goes. */
  readonly position: number;
  readonly budget: MemoryBudget;
  /** Told of each write. */
  readonly meter?: WriteMeter | undefined;
  /** A write failed, or the memory is full since the disk does not keep up; called at each try. The data is kept. */
  readonly onFailed: (error: Error) => void;
  /** Memory is full, and something was left out; called each time. */
  readonly onFull?: () => void;
  /** Writing goes on after a failure, and what it had kept back is on the disk or on its way. */
  readonly onRecovered: () => void;
}

/**
 * Appends datagrams to a track, batch by batch: one batch is filled while another is written. Each write goes to its own
 * place in the file, so that after a failed or a short write the same bytes can be written again.
 */
export interface TrackWriter {
  /** Puts bytes before everything else; only before the first add(). */
  begin(header: Buffer): void;
  /** Copies a datagram into the batch; false if the disk is behind and the memory for it is full. */
  add(datagram: Buffer, rtcp: boolean, offsetMs: number): boolean;
  /** Starts to write what is there, unless a write is still under way. */
  flush(): void;
  /**
   * Writes everything and closes the file. Tries until `deadline` (performance.now()), then resolves with how many
   * datagrams are lost and why.
   */
  finish(deadline: number): Promise<{ readonly lost: number; readonly error?: Error }>;
}

/** Room for half a second of G.711 in 20 ms packets. */
const usualBatchBytes = 4096;
/** A batch that has grown beyond this in a jam is not kept as a buffer for better times. */
const largestKeptBatch = 256 * 1024;
const retryMs = 50;

interface Batch {
  bytes: Buffer;
  /** Where the first record begins: after the file's header, if this batch has it. */
  records: number;
  /** What is still to be written. */
  from: number;
  to: number;
}

const emptyBatch = (): Batch => ({ bytes: Buffer.allocUnsafeSlow(usualBatchBytes), records: 0, from: 0, to: 0 });

const isEmpty = (batch: Batch): boolean => batch.from === batch.to;

/** The datagrams of a batch that were not written, or not as a whole. */
const unwrittenDatagrams = ({ bytes, records, from, to }: Batch): number => {
  const whole = decodeRecords(bytes.subarray(records, to)).packets.length;
  const written = decodeRecords(bytes.subarray(records, Math.max(records, from))).packets.length;
  return whole - written;
};

export const createTrackWriter = (options: TrackWriterOptions): TrackWriter => {
  const { fd, budget } = options;
  let { position } = options;
  let filling = emptyBatch();
  let writing = emptyBatch();
  let underWay = false;
  let finished = false;
  let failure: Error | undefined;
  let onIdle: (() => void) | undefined;

  const fail = (error: Error): void => {
    failure = error;
    options.onFailed(error);
  };

  const reserve = (length: number): void => {
    if (filling.to + length <= filling.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(filling.bytes.length * 2, filling.to + length));
    filling.bytes.copy(grown, 0, 0, filling.to);
    filling.bytes = grown;
  };

  const swap = (): void => {
    const written = writing;
    writing = filling;
    filling = written.bytes.length > largestKeptBatch ? emptyBatch() : written;
    filling.records = 0;
    filling.from = 0;
    filling.to = 0;
  };

  const flush = (): void => {
    if (underWay || finished) return;
    if (isEmpty(writing)) {
      if (isEmpty(filling)) return;
      swap();
    }
    underWay = true;
    const over = options.meter?.begun();
    write(fd, writing.bytes, writing.from, writing.to - writing.from, position, (error, bytes) => {
      over?.();
      written(error, bytes);
    });
  };

  const written = (error: Error | null, bytes: number): void => {
    underWay = false;
    if (error) fail(error);
    else advance(bytes);
    if (!underWay) onIdle?.();
  };

  const advance = (bytes: number): void => {
    position += bytes;
    writing.from += bytes;
    budget.used -= bytes;
    if (!isEmpty(writing)) {
      // The write after a short one says why it was short.
      flush();
    } else if (failure) {
      failure = undefined;
      options.onRecovered();
      // What came in meanwhile is overdue as well.
      flush();
    }
  };

  const idle = async (deadline: number): Promise<boolean> => {
    if (!underWay) return true;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      onIdle = resolve;
      timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
    });
    clearTimeout(timer);
    onIdle = undefined;
    return !underWay;
  };

  /** Resolves when the descriptor is closed; a write that hangs keeps it open, but nobody waits for that. */
  const closeFile = async (): Promise<Error | undefined> => {
    finished = true;
    if (underWay) {
      onIdle = () => close(fd, () => undefined);
      return new Error('the disk does not answer');
    }
    return promisify(close)(fd).then(
      () => undefined,
      (error: Error) => error,
    );
  };

  return {
    begin(header) {
      reserve(header.length);
      header.copy(filling.bytes, filling.to);
      filling.to += header.length;
      filling.records = filling.to;
      budget.used += header.length;
    },
    add(datagram, rtcp, offsetMs) {
      const length = recordHeaderBytes + datagram.length;
      if (budget.used + length > budget.limit) {
        if (!failure) fail(new Error(`the disk is ${budget.used} bytes behind`));
        options.onFull?.();
        return false;
      }
      reserve(length);
      writeRecordHeader(filling.bytes, filling.to, datagram.length, rtcp, offsetMs);
      filling.bytes.set(datagram, filling.to + recordHeaderBytes);
      filling.to += length;
      budget.used += length;
      return true;
    },
    flush,
    async finish(deadline) {
      for (;;) {
        flush();
        if (!(await idle(deadline))) break;
        if (isEmpty(filling) && isEmpty(writing)) break;
        if (performance.now() >= deadline) break;
        if (failure) await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
      const unwritten = [writing, filling].filter((batch) => !isEmpty(batch));
      const lost = unwritten.reduce((sum, batch) => sum + unwrittenDatagrams(batch), 0);
      const lastFailure = unwritten.length > 0 ? failure : undefined;
      const closeFailure = await closeFile();
      const error = lastFailure ?? closeFailure;
      return { lost, ...(error ? { error } : {}) };
    },
  };
};
