import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../src/embedded/ports.ts';
import { decode, describe as describeFile, levelsDb } from '../kit/files.ts';
import { type Neighbour, startNeighbour } from '../kit/neighbour.ts';
import { createPhone, type Phone } from '../kit/phone.ts';
import { type Callee, createCallee } from '../kit/sip-callee.ts';
import { runSipp } from '../kit/sip-caller.ts';
import { headersOf } from '../kit/sip-message.ts';
import { askOnce } from '../kit/sip-request.ts';
import type { SipAddress } from '../kit/sip-transport.ts';
import { type Stage, startStage } from '../kit/stage.ts';
import { g711Tone } from '../kit/tone-frames.ts';

const callerHz = 440;
const carrierHz = 900;

/** Where the sample has 10.0.0.10, .21, .22 and .50. */
const proxy: SipAddress = { host: '127.0.0.9', port: await freePort('both', '127.0.0.9') };
let full: Callee;
let stage: Stage;
let carrier: Callee;
let phone: Phone;
let kamailio: Neighbour;

beforeAll(async () => {
  phone = await createPhone({ hz: carrierHz });
  carrier = await createCallee({ phone });
  full = await createCallee({ phone, refuse: () => ({ status: 503, headers: { 'Retry-After': '10' } }) });
  const name = 'kamailio';
  const outbound = { address: `${proxy.host}:${proxy.port}` };
  stage = await startStage({ set: { trunks: JSON.stringify([{ name, addresses: [proxy.host], outbound }]) } });
  const { dataDir, sip } = stage.server;
  const nodes = [full.address, sip].map(({ host, port }) => `1 sip:${host}:${port}\n`).join('');
  const config = readFileSync('deploy/handover/kamailio.cfg', 'utf8')
    .replace('udp:10.0.0.10:5060', `udp:${proxy.host}:${proxy.port}`)
    .replace('10.0.0.50:5060', `${carrier.address.host}:${carrier.address.port}`)
    .replace('/etc/kamailio/', `${dataDir}/`);
  await Promise.all([
    writeFile(join(dataDir, 'dispatcher.list'), nodes),
    writeFile(join(dataDir, 'kamailio.cfg'), config),
    writeFile(join(dataDir, 'tone.pcmu'), g711Tone('PCMU', callerHz, 1, 0.3)),
  ]);
  const file = join(dataDir, 'kamailio.cfg');
  kamailio = await startNeighbour('kamailio', ['-f', file, '-DD', '-E', '-n', '2', '-Y', dataDir, '-w', dataDir]);
  await kamailio.until('it answers', async () => (await askOnce(proxy, 'OPTIONS', { withinMs: 200 })) !== undefined);
});

afterAll(async () => {
  await stage.close();
  await kamailio.kill();
  await Promise.all([full, carrier, phone].map((each) => each.close()));
});

test('what Kamailio hands over is recorded, connected through it to the carrier, and ended by either side', async () => {
  const record = (control_id: string) => ({
    record_call: { control_id, stereo: true, status_url: stage.sink.url },
  });
  const account = 'call.headers["X-Account"]';
  stage.host.serve('1', [stage.host.tell('1', 'begun', [account]), record('first'), { connect: '+15550001' }]);
  stage.host.serve('2', [
    record('second'),
    { connect: { to: '+15550002', max_duration: 1 } },
    stage.host.tell('2', 'over'),
    'hangup',
  ]);
  const dial = (to: string, scenario: string) =>
    runSipp({
      ...{ scenario, target: proxy, to, pauseMs: 1500 },
      replace: { file: join(stage.server.dataDir, 'tone.pcmu'), payload_type: '0' },
    }).catch((error: Error) => {
      throw new Error(`${error.message}\nKamailio:\n${kamailio.output()}\nserver:\n${stage.server.logText()}`);
    });

  // In turn: one of the two meets the node that is full first.
  await dial('1', 'rtp-tone');
  await dial('2', 'call-until-bye');
  const refused = full.messages.filter((each) => /<-.*\nINVITE /.test(each));
  expect(refused, full.messages.join('\n')).toHaveLength(1);

  expect((await stage.host.told('1', 'begun')).more).toEqual({ [account]: '42' });
  expect(await stage.host.told('2', 'over')).toMatchObject({ connect_result: 'connected' });
  const invites = stage.server.logs.filter(({ msg }) => msg === 'INVITE');
  expect(invites.map(({ trunk, source }) => [trunk, source])).toEqual([
    ['kamailio', proxy.host],
    ['kamailio', proxy.host],
  ]);
  expect(carrier.calls.map(({ invite }) => invite.uri)).toEqual(
    ['+15550001', '+15550002'].map((number) => `sip:${number}@${carrier.address.host}:${carrier.address.port}`),
  );
  expect(carrier.calls.map(({ invite }) => headersOf(invite, 'record-route').length)).toEqual([1, 1]);
  expect(await Promise.all(carrier.calls.map(({ ended }) => ended))).toEqual(['server', 'server']);

  const { params } = await stage.sink.waitForState('first', 'finished');
  const file = await stage.download(params.url ?? '');
  const [sound, story] = [await decode(file), await describeFile(file, [callerHz, carrierHz])];
  expect(Math.max(...levelsDb(sound, 0, callerHz)), story).toBeGreaterThan(-20);
  expect(Math.max(...levelsDb(sound, 1, carrierHz)), story).toBeGreaterThan(-20);
  await stage.sink.waitForState('second', 'finished');
});
