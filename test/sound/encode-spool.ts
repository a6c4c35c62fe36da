import { open } from 'node:fs/promises';
import { encodeFile } from '../../src/recorder/encode/encode.ts';
import { resolveFfmpeg } from '../../src/recorder/encode/ffmpeg-binary.ts';
import { planRender } from '../../src/recorder/encode/plan.ts';
import { renderSpool } from '../../src/recorder/encode/render.ts';
import { verifyFile } from '../../src/recorder/encode/verify.ts';
import { readWavHeader, type WavFacts } from '../../src/recorder/encode/wav.ts';
import type { Format } from '../../src/recorder/recording/parameters.ts';
import { readSpool } from '../../src/recorder/spool/read-spool.ts';

/** Makes the file of a spool as the worker does, verified; resolves with the header of a WAV file. */
export const encodeSpool = async (dir: string, file: string, format: Format): Promise<WavFacts | undefined> => {
  const spool = await readSpool(dir);
  const { record } = spool;
  const plan = planRender(spool);
  const metadata = {
    recordingId: record.recording_id,
    callId: record.call_id,
    controlId: record.control_id,
    from: record.from,
    to: record.to,
    startTime: record.start_time,
  };
  const { pcm } = renderSpool(dir, spool, plan);
  await encodeFile({ file, format, shape: plan.shape, metadata, pcm }, resolveFfmpeg);
  await verifyFile({ file, format, ...plan });
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(16_384);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return readWavHeader(head.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
};
