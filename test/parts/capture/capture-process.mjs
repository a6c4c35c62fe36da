// A process that captures one recording until it is killed. Says { dir, port } and takes { rtpPort } by IPC.
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createCapture } from '../../../dist/recorder/capture/capture.js';
import { createSpool } from '../../../dist/recorder/spool/spool.js';

const spoolRoot = process.argv[2];
const spool = await createSpool(spoolRoot, { recording_id: randomUUID() });
const capture = createCapture({ spoolRoot, log: pino({ level: 'silent' }) });
await capture.start();
const { recordingId, epoch, dir } = spool;
const handle = await capture.open({ recordingId, epoch, tracks: ['speak'] });
process.on('message', async ({ rtpPort }) => {
  handle.expect('speak', { address: '127.0.0.1', rtpPort }, {});
  await spool.journal.append({ event: 'started', t: spool.now() });
  process.send('expecting');
});
process.send({ dir, port: handle.port });
