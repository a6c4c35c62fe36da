#!/usr/bin/env node
// npm run chaos -- --rounds N --seed S: kills parts under calls, again and again, and says what that cost.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const usage = `Usage: npm run chaos -- [--rounds N] [--seed S]
Starts a server, its worker, redis-server, rtpengine, the SIP edge (DRACHTIO_BIN: a real drachtio-server) and an S3 service, lets
SIPp call, does one of these at a random moment, puts it right, and compares every recording and event with what is promised:
  kill -9     switch, worker, redis, rtpengine, edge, ffmpeg, and the end of a capture thread
  ffmpeg      hangs, missing
  S3          500, cut connections, silent, wrong bytes, slow, away; without a back-up and with one
  disk        full for a moment, full for longer than memory lasts (a tmpfs: needs root)
  --rounds N  how often (17: each once)
  --seed S    the same seed gives the same calls, blows and moments (the time of day)
Exit code: 0 every promise was kept, 1 one broke, 2 this command line is wrong.
`;

const fail = (why) => {
  process.stderr.write(`chaos: ${why}\n${usage}`);
  process.exit(2);
};

let values;
try {
  ({ values } = parseArgs({
    options: { rounds: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  }));
} catch (error) {
  fail(error.message);
}
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const { rounds = '17', seed = String(Date.now() % 1_000_000) } = values;
for (const [name, value] of Object.entries({ rounds, seed }))
  if (!/^\d{1,6}$/.test(value)) fail(`--${name} ${value}: must be a whole number`);

process.stdout.write(`${rounds} rounds of seed ${seed}\n`);
const child = spawn(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'chaos', '--reporter=dot'],
  {
    stdio: 'inherit',
    env: { ...process.env, CHAOS_ROUNDS: rounds, CHAOS_SEED: seed },
  },
);
child.once('exit', (code) => process.exit(code === 0 ? 0 : 1));
