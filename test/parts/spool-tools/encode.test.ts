import { copyFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../kit/cli.ts';
import { channelDb, type DecodedFile, decode, probe } from '../../kit/files.ts';
import { snapshot } from './snapshot.ts';
import { captureTroubledCall, troubledCall } from './troubled-call.ts';

let root: string;
let dir: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-encode-'));
  dir = await captureTroubledCall(root);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const fileS = troubledCall.lengthS - (troubledCall.pause.toS - troubledCall.pause.fromS);

interface Made {
  readonly file: string;
  readonly format: string;
  readonly channels: number;
  readonly duration_s: number;
  readonly complete: boolean;
  readonly problems: string[];
}

/** Runs sipreel encode and gives what it says and what the file has; it must not touch the spool. */
const encode = async (
  spool: string,
  ...args: string[]
): Promise<{ made: Made; sound: DecodedFile; stderr: string }> => {
  const before = await snapshot(spool);
  const { code, stdout, stderr } = await runCli(['encode', spool, '--json', ...args]);
  expect(stderr).not.toContain('internal_error');
  expect(code, stderr).toBe(0);
  expect(await snapshot(spool)).toEqual(before);
  const made = JSON.parse(stdout) as Made;
  return { made, sound: await decode(made.file), stderr };
};

/** A copy of the spool to be harmed. */
const copied = async (name: string): Promise<string> => {
  const copy = join(root, `harmed-${name}`);
  await mkdir(copy);
  for (const file of ['journal.jsonl', 'speak.rtp', 'listen.rtp']) await copyFile(join(dir, file), join(copy, file));
  return copy;
};

const speakHz = 440;
const listenHz = 1000;
/** In the first seconds: each tone where it belongs, in dBFS. */
const levels = (sound: DecodedFile, channel: number): { speak: boolean; listen: boolean } => ({
  speak: channelDb(sound, channel, speakHz, 1, 5) > -30,
  listen: channelDb(sound, channel, listenHz, 1, 5) > -30,
});

describe('sipreel encode', () => {
  it.each([
    ['wav', 0],
    ['mp3', 0.2],
    ['mp4', 0.1],
  ])('makes the file that the server would make, as %s by its name', async (format, toleranceS) => {
    const { made, sound } = await encode(dir, '--out', join(root, `plain.${format}`));
    expect(made).toMatchObject({ format, channels: 2, complete: true, problems: [] });
    expect(Math.abs(made.duration_s - fileS)).toBeLessThan(0.001);
    expect(Math.abs((await probe(made.file)).durationS - fileS)).toBeLessThanOrEqual(toleranceS);
    expect([levels(sound, 0), levels(sound, 1)]).toEqual([
      { speak: true, listen: false },
      { speak: false, listen: true },
    ]);
  });

  it.each([
    [['--mono'], 1, { speak: true, listen: true }],
    [['--direction', 'speak'], 1, { speak: true, listen: false }],
    [['--direction', 'listen'], 1, { speak: false, listen: true }],
    [['--direction', 'both', '--stereo', '--format', 'mp3'], 2, { speak: true, listen: false }],
  ] as const)('takes %j', async (args, channels, expected) => {
    const { made, sound } = await encode(dir, ...args, '--force', '--out', join(root, 'other'));
    expect(made.channels).toBe(channels);
    expect(levels(sound, 0)).toEqual(expected);
  });

  it('finds a spool by a file in it, and by the recording and the data folder', async () => {
    const { made } = await encode(dir, '--out', join(root, 'one.wav'));
    const byFile = await runCli(['encode', join(dir, 'journal.jsonl'), '--json', '--out', join(root, 'two.wav')]);
    expect(byFile.code, byFile.stderr).toBe(0);
    const data = join(root, 'data');
    await mkdir(join(data, 'spool', basename(dir)), { recursive: true });
    for (const file of ['journal.jsonl', 'speak.rtp', 'listen.rtp']) {
      await copyFile(join(dir, file), join(data, 'spool', basename(dir), file));
    }
    const byId = await runCli(['encode', basename(dir), '--data', data, '--json', '--out', join(root, 'three.wav')]);
    expect(byId.code, byId.stderr).toBe(0);
    const [one, two, three] = await Promise.all(
      [made.file, join(root, 'two.wav'), join(root, 'three.wav')].map((file) => readFile(file)),
    );
    expect([one?.equals(two ?? Buffer.alloc(0)), one?.equals(three ?? Buffer.alloc(0))]).toEqual([true, true]);
  });

  it('leaves a file alone that is there already, and never writes into a spool', async () => {
    const there = join(root, 'there.wav');
    await writeFile(there, 'mine');
    const refused = await runCli(['encode', dir, '--out', there]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`${there} exists already`);
    expect(refused.stderr).toContain('--force');
    expect(await readFile(there, 'utf8')).toBe('mine');
    expect((await runCli(['encode', dir, '--out', there, '--force'])).code).toBe(0);
    expect((await stat(there)).size).toBeGreaterThan(100_000);

    const before = await snapshot(dir);
    const inside = await runCli(['encode', dir, '--out', join(dir, 'x.wav')]);
    expect(inside.code).toBe(1);
    expect(inside.stderr).toContain('only read');
    const nowhere = await runCli(['encode', dir, '--out', join(root, 'no', 'such', 'x.wav')]);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain(join(root, 'no', 'such', 'x.wav'));
    expect(await snapshot(dir)).toEqual(before);
  });
});

describe('a spool without its end', () => {
  it('of a recording that runs or has died gives what there is, and says that it is not all', async () => {
    const running = await copied('running');
    const journal = await readFile(join(running, 'journal.jsonl'), 'utf8');
    const lines = journal.split('\n').filter((line) => !line.includes('"stopped"'));
    await writeFile(join(running, 'journal.jsonl'), `${lines.join('\n')}\n{"event":"sto`);
    // A record that is just being written.
    await truncate(join(running, 'speak.rtp'), (await stat(join(running, 'speak.rtp'))).size - 50);
    const { made, stderr } = await encode(running, '--out', join(root, 'running.wav'));
    expect(made.complete).toBe(false);
    expect(stderr).toContain('has not ended');
    expect(Math.abs(made.duration_s - fileS)).toBeLessThan(0.1);
  });
});

describe('a damaged spool', () => {
  it('without a journal gives all of its sound', async () => {
    const harmed = await copied('no-journal');
    await rm(join(harmed, 'journal.jsonl'));
    const { made, sound, stderr } = await encode(harmed, '--out', join(root, 'no-journal.wav'));
    expect(stderr).toContain('there is no journal');
    expect(made.problems.length).toBeGreaterThan(0);
    expect(made).toMatchObject({ channels: 2, format: 'wav' });
    // Nobody says any more that two seconds of it were a pause.
    expect(Math.abs(made.duration_s - troubledCall.lengthS)).toBeLessThan(0.2);
    expect([levels(sound, 0), levels(sound, 1)]).toEqual([
      { speak: true, listen: false },
      { speak: false, listen: true },
    ]);
  });

  it('with a journal whose first line is damaged has the rest of it', async () => {
    const harmed = await copied('first-line');
    const journal = await readFile(join(harmed, 'journal.jsonl'));
    journal.fill(0x20, 5, 60);
    await writeFile(join(harmed, 'journal.jsonl'), journal);
    const { made, stderr } = await encode(harmed, '--out', join(root, 'first-line.wav'));
    expect(stderr).toContain('1 lines of the journal cannot be read');
    expect(Math.abs(made.duration_s - fileS)).toBeLessThan(0.1);
  });

  it('with a track that is something else gives the other one', async () => {
    const harmed = await copied('foreign');
    await writeFile(join(harmed, 'listen.rtp'), 'RIFF....WAVEfmt and so on');
    const { made, sound, stderr } = await encode(harmed, '--out', join(root, 'foreign.wav'));
    expect(stderr).toContain('listen.rtp is no rtpdump file');
    expect(stderr).toContain('speak alone');
    expect(made.channels).toBe(1);
    expect(levels(sound, 0)).toEqual({ speak: true, listen: false });
  });

  it('with a page of zeroes in a track has all the rest, and says where the hole is', async () => {
    const harmed = await copied('hole');
    const track = await readFile(join(harmed, 'speak.rtp'));
    track.fill(0, 8192, 12_288);
    await writeFile(join(harmed, 'speak.rtp'), track);
    const { made, sound, stderr } = await encode(harmed, '--out', join(root, 'hole.wav'));
    expect(stderr).toMatch(/speak\.rtp: 4\d\d\d bytes before 1\.\d s are no packets/);
    expect(Math.abs(made.duration_s - fileS)).toBeLessThan(0.001);
    // 23 packets of 20 ms are gone, the others are where they were.
    expect(channelDb(sound, 0, speakHz, 0.1, 0.7)).toBeGreaterThan(-15);
    expect(channelDb(sound, 0, speakHz, 1.05, 1.2)).toBeLessThan(-50);
    expect(channelDb(sound, 0, speakHz, 1.6, 7)).toBeGreaterThan(-15);
  });

  it.each([
    ['no directory', async () => join(root, 'nowhere'), 'there is no'],
    ['an empty directory', async () => mkdtemp(join(root, 'empty-')), 'neither a journal'],
    [
      'one whose tracks are both something else',
      async () => {
        const harmed = await copied('both-foreign');
        await writeFile(join(harmed, 'speak.rtp'), 'x');
        await writeFile(join(harmed, 'listen.rtp'), 'y');
        return harmed;
      },
      'nothing can be read',
    ],
  ])('that is %s is an error with the path in it', async (_name, make, why) => {
    const spool = await make();
    const { code, stdout, stderr } = await runCli(['encode', spool, '--out', join(root, 'never.wav')]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(why);
    expect(stderr).toContain(spool);
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['encode'], 'takes one spool, not 0'],
    [['encode', 'a', 'b'], 'takes one spool, not 2'],
    [['encode', 'a', '--stereo', '--mono'], '--stereo and --mono'],
    [['encode', 'a', '--format', 'ogg'], '--format ogg: must be wav, mp3, mp4'],
    [['encode', 'a', '--direction', 'up'], '--direction up: must be'],
    [['inspect', 'a', '--width', '3'], '--width 3'],
  ])('%j ends with exit code 2 and says why', async (args, why) => {
    const { code, stderr } = await runCli(args);
    expect(stderr).toContain(why);
    expect(code).toBe(2);
  });

  it('a direction that was not captured is refused by name', async () => {
    const speak = await captureTroubledCall(root, { record: { direction: 'speak' } });
    const { code, stderr } = await runCli(['encode', speak, '--direction', 'both', '--out', join(root, 'never.wav')]);
    expect(code).toBe(2);
    expect(stderr).toContain('only speak was captured');
  });

  it.each(['encode', 'inspect'])('help %s explains every option', async (command) => {
    const { stdout } = await runCli(['help', command]);
    const options = command === 'encode' ? ['out', 'format', 'direction', 'stereo', 'mono'] : ['pcap', 'width'];
    for (const option of [...options, 'force', 'data', 'json']) expect(stdout).toContain(`--${option}`);
  });
});
