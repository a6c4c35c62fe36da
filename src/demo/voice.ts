import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePcmu } from '../rtp/g711.ts';
import { type RunOptions, runProgram } from './programs.ts';

const message = 'Hello, this is a message for the demonstration. Please call me back before five. Good bye.';

/** Speaks the caller's message into voice.pcmu of the folder, as SIPp plays it, and gives its samples, 8 kHz. */
export const makeVoice = async (ffmpeg: string, options: RunOptions): Promise<Int16Array> => {
  await runProgram('espeak-ng', ['-v', 'en-gb', '-s', '150', '-w', 'voice.wav', '--stdin'], {
    ...options,
    input: message,
  });
  const asPcmu = [
    '-y',
    '-loglevel',
    'error',
    '-i',
    'voice.wav',
    '-ar',
    '8000',
    '-ac',
    '1',
    '-f',
    'mulaw',
    'voice.pcmu',
  ];
  await runProgram(ffmpeg, asPcmu, options);
  return decodePcmu(await readFile(join(options.cwd, 'voice.pcmu')));
};
