import type { SoundFacts } from '../registry/sound-facts.ts';
import type { NamePattern } from '../storage/names.ts';
import type { Storage } from '../storage/storage.ts';
import type { FfmpegOptions } from './ffmpeg-binary.ts';
import type { FileWork } from './file-work.ts';
import type { BitRates } from './formats.ts';
import type { SettleParts } from './settle.ts';

/** What an encode job works with. */
export interface EncodeParts extends SettleParts {
  readonly spoolRoot: string;
  readonly storage: Storage;
  /** Names files in storage. Default: by the day. */
  readonly namePattern?: NamePattern;
  /** Who makes the files, for their manifests. Default: sipreel. */
  readonly writtenBy?: string;
  /** Looked for at each job, so that an ffmpeg that was missing is found when it is there. */
  readonly ffmpeg: FfmpegOptions;
  readonly bitRates?: BitRates;
  /** Milliseconds without progress after which ffmpeg is killed as hung. Default: 30,000. */
  readonly stallMs?: number;
  /** Length of the parts in which MP3 and MP4 are encoded, ms. Default: 60,000. */
  readonly pieceMs?: number;
  /** What was made of recordings while they lasted. Default: nothing. */
  readonly pieces?: { take(recordingId: string): Promise<FileWork | undefined> };
  /** Told how the sound came, when everyone knows of the file. Default: nobody. */
  readonly sounds?: Pick<SoundFacts, 'note'>;
  /** Told of files that a back-up took, so that they are moved when the first store is there again. Default: nobody. */
  readonly home?: { isAway(location: string): boolean; owe(recordingId: string): Promise<void> } | undefined;
  /** Keep the spools of finished recordings. */
  readonly keepSpool: boolean;
}
