/** A file of an encoder's frames: what stands around them, and an index. Methods throw storage_failed. */
export interface FrameFile {
  /** Frames that were added. */
  readonly count: number;
  add(frames: readonly Buffer[]): Promise<void>;
  /** There is to be room in the index for so many frames. */
  reserve(frames: number): Promise<void>;
  /** Makes it a whole file that plays exactly `samples` samples of each channel. */
  finish(samples: number): Promise<void>;
  /** What was added is in the file. */
  flush(): Promise<void>;
  /** @throws SipreelError pieces_misfit if somebody else has changed the file */
  check(): Promise<void>;
  /** Idempotent; the file stays as it is. */
  close(): Promise<void>;
}
