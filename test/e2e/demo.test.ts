import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputOf } from '../kit/block-class.ts';
import { startCli } from '../kit/cli.ts';
import { probe } from '../kit/files.ts';
import { waitUntilGone } from '../kit/processes.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-demo-'));
});

afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));

test.concurrent('the demo makes a right recording, says so in one line of JSON, and stays with a dashboard until Ctrl-C', async () => {
  const demo = await startCli(['demo', '--json', '--keep', '--data', join(dir, 'whole')]);
  await demo.written('Ctrl-C ends it. The dashboard');
  const family = await demo.family();
  demo.kill('SIGINT');
  const { code, stdout, stderr } = await demo.result;
  expect(code, stderr).toBe(0);
  await waitUntilGone(family);

  expect(stderr).toMatch(/The dashboard.*\n\n {2}http:\/\/127\.0\.0\.1:\d+\/\n/);

  // The README shows the same, of another call.
  const numberless = (text: string): string => text.replaceAll(/[\d.]+/g, 'N').replaceAll(/ +/g, ' ');
  for (const shown of outputOf('demo').text.trim().split('\n')) {
    expect(numberless(stderr)).toContain(numberless(shown));
  }

  const [line = '', ...more] = stdout.trim().split('\n');
  expect(more, 'standard output has one line').toEqual([]);
  const text = expect.stringMatching(/./);
  const answer = JSON.parse(line) as { recordings: { file: string; url: string; duration_s: number }[] };
  expect(answer).toEqual({
    call_id: text,
    recordings: [
      {
        control_id: text,
        recording_id: text,
        file: text,
        url: expect.stringMatching(
          /^http:\/\/127\.0\.0\.1:\d+\/recordings\/[\w-]+\.wav\?expires=\d+&signature=[\w-]+$/,
        ),
        format: 'wav',
        channels: 1,
        duration_s: expect.any(Number),
      },
    ],
  });
  const [recording] = answer.recordings;
  const facts = await probe(recording?.file ?? '');
  expect(facts).toMatchObject({ format: 'wav', channels: 1 });
  expect(facts.durationS).toBeCloseTo(recording?.duration_s ?? 0, 2);
  expect(facts.durationS).toBeGreaterThan(10);
});

test.concurrent.each([
  ['while the call is recorded', 'record_call: recording'],
  ['before the call', 'SIPp calls'],
])('Ctrl-C %s ends it and leaves no process', async (name, moment) => {
  const demo = await startCli(['demo', '--data', join(dir, name.replaceAll(' ', '-'))]);
  await demo.written(moment);
  const family = await demo.family();
  demo.kill('SIGINT');
  const { code, stderr } = await demo.result;
  expect(code, stderr).toBe(130);
  await waitUntilGone(family);
});
