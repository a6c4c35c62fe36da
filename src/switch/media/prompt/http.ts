import { tmpdir } from 'node:os';
import { type DownloadOptions, download } from './download.ts';
import { describeUrl } from './entry.ts';
import { fileSound } from './file-sound.ts';
import type { PcmSource } from './pcm-source.ts';
import { streamSource } from './stream-source.ts';
import { createTempFile, removeTempFile } from './temp-file.ts';

export interface HttpPromptOptions extends DownloadOptions {
  /** Absolute path of ffmpeg. */
  readonly ffmpeg: string;
  /** Folder for what is downloaded. Default: the system's. */
  readonly tmpDir?: string;
}

/**
 * The sound behind an http or https URL: fetched to a file, decoded while it plays, and deleted when it is closed or over.
 * Reading throws prompt_fetch_failed, prompt_too_large, prompt_undecodable, or ffmpeg_missing.
 */
export const httpPrompt = (url: URL, options: HttpPromptOptions): PcmSource =>
  streamSource(async function* (signal) {
    const file = await createTempFile(options.tmpDir ?? tmpdir());
    try {
      await download(url, file.handle, options, signal);
      yield* fileSound(file, describeUrl(url), options.ffmpeg, signal);
    } finally {
      await removeTempFile(file);
    }
  });
