/** Keeps calls with busy scripts up, each made again when its script has ended, until SIGTERM. A process of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../../test/kit/sip-ua.ts';

const { target, numbers, count } = JSON.parse(process.argv[2] ?? '') as {
  readonly target: { readonly host: string; readonly port: number };
  readonly numbers: readonly string[];
  readonly count: number;
};
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());

const sdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  '',
].join('\r\n');
const phone = { sdp: () => sdp, startSending: () => undefined, stop: () => undefined };
let made = 0;

const keepCalling = async (index: number): Promise<void> => {
  // Not all at once: it is the scripts that are measured, not a storm of INVITEs.
  await sleep(index * 10, undefined, { signal: stop.signal }).catch(() => undefined);
  while (!stop.signal.aborted) {
    const ua = await call({
      target,
      phone,
      to: numbers[index % numbers.length] ?? '',
      from: `busy-${index}`,
      talk: false,
    });
    made += 1;
    const over = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
    // No such script answers: its call ends with a status that refuses it.
    await Promise.race([ua.answered.catch(() => undefined), over]);
    if (stop.signal.aborted) await ua.cancel().catch(() => undefined);
    await ua.close('silently');
  }
};
const all = Promise.all(Array.from({ length: count }, (_, index) => keepCalling(index)));
process.stdout.write('{"started":true}\n');
await all;
process.stdout.write(`${JSON.stringify({ made })}\n`);
