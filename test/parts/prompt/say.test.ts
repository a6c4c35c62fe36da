import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolveFfmpeg } from '../../../src/recorder/encode/ffmpeg-binary.ts';
import { createSpeaker, type SayOptions } from '../../../src/switch/media/prompt/say.ts';
import type { Voice } from '../../../src/switch/media/prompt/say-command.ts';
import { drain } from '../../sound/read-source.ts';
import { eventually } from '../eventually.ts';
import { processesWith } from './processes.ts';

let ffmpeg: string;
let scratch: string;

beforeAll(async () => {
  ({ ffmpeg } = await resolveFfmpeg());
});
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sipreel-say-'));
});
afterEach(async () => {
  // Whatever became of a text, it leaves no file and no process.
  const files = (await readdir(scratch)).filter((name) => name.startsWith('sipreel-prompt-'));
  const processes = await processesWith(scratch);
  await rm(scratch, { recursive: true });
  expect(files).toEqual([]);
  expect(processes).toEqual([]);
});

const speaker = (options: Partial<SayOptions> = {}) => createSpeaker({ ffmpeg, tmpDir: scratch, ...options });
const hear = async (text: string, options: Partial<SayOptions> = {}, voice: Voice = {}): Promise<Int16Array> => {
  const source = speaker(options).say(text, voice);
  try {
    return await drain(source);
  } finally {
    await source.close();
  }
};
const seconds = (samples: Int16Array): number => samples.length / 8000;
const rms = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));

/** A command that appends a line to `file` each time it runs, keeps its arguments and input there, and then speaks. */
const witness = async (): Promise<{ command: readonly string[]; runs: () => Promise<string[]> }> => {
  const script = join(scratch, 'witness.sh');
  const file = join(scratch, 'runs');
  await writeFile(
    script,
    `#!/bin/sh\ntext=$(cat)\nprintf '%s|%s\\n' "$*" "$text" >> '${file}'\nprintf '%s' "$text" | espeak-ng --stdin --stdout\n`,
    { mode: 0o755 },
  );
  return {
    command: [script, '{language}', '{gender}', '{say_voice}'],
    runs: async () => (await readFile(file, 'utf8')).trimEnd().split('\n'),
  };
};

describe('a spoken text', () => {
  it('sounds as long as it takes to say it', async () => {
    const short = await hear('Hello');
    const long = await hear('Leave your message now, and speak for as long as you like.');
    expect(seconds(short)).toBeGreaterThan(0.3);
    expect(seconds(long)).toBeGreaterThan(2);
    expect(rms(long)).toBeGreaterThan(500);
  });

  it('differs by language and gender', async () => {
    const female = await hear('Hello');
    const male = await hear('Hello', {}, { gender: 'male' });
    const german = await hear('Hello', {}, { language: 'de-DE' });
    expect(male).not.toEqual(female);
    expect(german).not.toEqual(female);
  });

  it.each([
    ['options', '-v de --help -f /etc/passwd'],
    ['a shell', '\'; touch /tmp/owned; echo $(id) `id` " | cat & \\'],
    ['lines', 'one\n-v\n--path=/etc\r\ntwo'],
    ['control characters', 'a\u0000b\u001b[2J\u0004c'],
    ['markup', '<speak><audio src="/etc/passwd"/>hello</speak> [[h@l0]]'],
    ['other scripts', 'Grüße, 你好, مرحبا, 😀'],
  ])('may look like %s', async (_, text) => {
    const { command, runs } = await witness();
    expect(seconds(await hear(text, { command }))).toBeGreaterThan(0.2);
    const [line] = await runs();
    expect(line?.startsWith('en-US female |'), line).toBe(true);
    expect(seconds(await hear(text))).toBeGreaterThan(0.2);
  });

  it('may have 10,000 characters if that is allowed', async () => {
    const text = 'All work. '.repeat(1000);
    expect(() => speaker().say(text)).toThrow(
      expect.objectContaining({
        code: 'prompt_parameter_invalid',
        message: expect.stringContaining('10000 characters'),
      }),
    );
    expect(seconds(await hear(text, { maxCharacters: 10_000 }))).toBeGreaterThan(300);
  });

  it('of no words takes no time', async () => {
    expect(seconds(await hear('', { command: ['/nonexistent/tts'] }))).toBe(0);
    expect(seconds(await hear(' \n ', { command: ['/nonexistent/tts'] }))).toBe(0);
  });

  it('is spoken once for all who have it said in the same way, even at once', async () => {
    const { command, runs } = await witness();
    const { say } = speaker({ command, concurrency: 1 });
    const all = await Promise.all(Array.from({ length: 5 }, () => drain(say('Hello'))));
    for (const samples of all) expect(samples).toEqual(all[0]);
    await drain(say('Hello', { gender: 'male', voice: 'Joe' }));
    await drain(say('Hello'));
    expect(await runs()).toEqual(['en-US female |Hello', 'en-US male Joe|Hello']);
  });

  it.each<[string, readonly string[], Voice, RegExp]>([
    ['there is no such program', ['/nonexistent/tts'], {}, /\/nonexistent\/tts did not start/],
    ['the program fails', ['sh', '-c', 'echo no licence >&2; exit 3'], {}, /status 3: no licence/],
    [
      'there is no such voice',
      ['espeak-ng', '-v', '{voice}', '--stdin', '--stdout'],
      { language: 'xx-YY' },
      /voice does not exist/,
    ],
    ['it writes no audio', ['cat'], {}, /what it wrote is no audio/],
    ['it writes nothing', ['true'], {}, /what it wrote is no audio/],
  ])('is refused if %s', async (_, command, voice, why) => {
    await expect(hear('Hello', { command }, voice)).rejects.toMatchObject({
      code: 'prompt_say_failed',
      message: expect.stringMatching(why),
    });
  });

  it('is given up if it takes too long', async () => {
    const command = ['sh', '-c', `sleep 60; : ${scratch}`];
    await expect(hear('Hello', { command, timeoutMs: 200 })).rejects.toMatchObject({
      code: 'prompt_say_failed',
      message: expect.stringContaining('longer than 200 ms'),
    });
  });

  it('leaves nothing when it is closed while it is spoken, and the next one gets its turn', async () => {
    const command = ['sh', '-c', `[ "$(cat)" = stuck ] && sleep 60; espeak-ng --stdout Hi; : ${scratch}`];
    const { say } = speaker({ command, concurrency: 1 });
    const stuck = say('stuck');
    const waiting = say('waiting');
    const gone = say('gone');
    await eventually('the program', async () => (await processesWith(scratch)).length > 0);
    await gone.close();
    await stuck.close();
    // The one program that may be seen from here on is that of the one that waited.
    expect(seconds(await drain(waiting))).toBeGreaterThan(0.1);
    await waiting.close();
    expect(await processesWith(scratch)).toEqual([]);
  });
});
