import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventOf } from '../notify/setup.ts';
import { ending, outcome, recordOf } from '../registry/registries.ts';
import { type OpsStage, openOpsStage } from './stage.ts';

const run = promisify(execFile);

const blocks = [...readFileSync('docs/10-api.md', 'utf8').matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1] ?? '');
let stage: OpsStage;
let key: string;

beforeAll(async () => {
  stage = await openOpsStage();
  key = await stage.keyWith('admin');
  stage.addCall('call-1');
});
afterAll(() => stage.close());

test('docs/10-api.md has examples', () => {
  expect(blocks.length).toBeGreaterThan(8);
});

test.each(blocks.map((block) => [block]))('the example works:\n%s', async (block) => {
  // Each finds what it speaks of: an ended recording with an event, and one that goes on.
  const done = recordOf({ node_id: 'here', call_id: 'call-0' });
  await stage.node.registry.begin(done);
  await stage.node.registry.finishing(done.recording_id, ending);
  await stage.node.registry.end(done.recording_id, outcome);
  await stage.notifier.owe(eventOf(done.recording_id, 'finished'), 'https://example.com/');
  const named = recordOf({ node_id: 'here', call_id: 'call-1', control_id: 'agent/7' });
  if (await stage.node.registry.findControl('call-1', 'agent/7')) {
    await stage.node.control.stop({ callId: 'call-1', controlId: 'agent/7' });
  }
  if (!block.includes('"agent/7"')) await stage.node.begin(named);
  if (block.includes('calling.record')) stage.addCall('call-1');

  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], {
    env: {
      ...process.env,
      SIPREEL: `http://127.0.0.1:${stage.port}`,
      KEY: key,
      CALL: 'call-1',
      RECORDING: done.recording_id,
    },
  });
  if (!block.includes('DELETE')) expect(stdout).toMatch(/^(\{.*\})+$|^retry: /s);
});
