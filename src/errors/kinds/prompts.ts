import { type ErrorKind, kind } from '../kind.ts';

/** What is played. */
export const promptsKinds = {
  prompt_url_invalid: kind(
    'script',
    400,
    500,
    false,
    'Write silence:SECONDS, ring:[SECONDS:]COUNTRY, say:TEXT or an http or https URL.',
  ),
  prompt_parameter_invalid: kind(
    'script',
    400,
    500,
    false,
    'Correct the volume, say_language, say_voice or the length of the text in the script.',
  ),
  prompt_fetch_failed: kind(
    'outside',
    502,
    500,
    true,
    'Open the URL from this machine: it has to answer GET with a 2xx status, within the time-out.',
  ),
  prompt_too_large: kind('script', 413, 500, false, 'Offer a smaller file, or raise prompts.max_download.'),
  prompt_undecodable: kind(
    'script',
    415,
    500,
    false,
    'Offer an audio file that ffmpeg decodes: WAV, MP3, MP4, Ogg, FLAC.',
  ),
  prompt_say_failed: kind(
    'configuration',
    500,
    500,
    true,
    'Run prompts.say_command by hand with this language: it has to write audio to standard output.',
  ),
  prompt_file_failed: kind(
    'configuration',
    500,
    500,
    true,
    'Check that the folder for temporary files (TMPDIR) exists, may be written to and has room.',
  ),
  prompt_busy: kind('sipreel', 409, 500, false, 'Wait until the prompt that is playing has ended.'),
  prompt_endpoint_failed: kind(
    'configuration',
    500,
    500,
    true,
    'Check that media.address is an address of this machine and that the limit of open files is high enough.',
  ),
  prompt_endpoint_closed: kind('sipreel', 500, 500, false, 'The call has ended: nothing can be played on it any more.'),
} as const satisfies Record<string, ErrorKind>;
