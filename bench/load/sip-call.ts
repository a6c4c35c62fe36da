import { call } from '../../test/kit/sip-ua.ts';
import type { Pacer } from './pacer.ts';
import type { LoadedCall, SipPlan } from './plan.ts';
import { openStream } from './stream.ts';

/** One call into the server, with sound from the answer to the BYE; never rejects. `signal` hangs it up. */
export const sipCall = async (plan: SipPlan, index: number, pacer: Pacer, signal: AbortSignal): Promise<LoadedCall> => {
  const stream = await openStream(pacer);
  const phone = {
    sdp: () => stream.sdp(),
    startSending: (address: string, port: number) => stream.start(address, port),
    stop: () => stream.stop(),
  };
  const ua = await call({ target: plan.target, phone, to: plan.to, from: `bench-${index}` });
  let hangup: Promise<unknown> = Promise.resolve();
  const onAbort = (): void => {
    hangup = ua.hangup().catch(() => undefined); // A server that has gone needs no BYE.
  };
  let error: string | undefined;
  try {
    await ua.answered;
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    const by = await ua.ended;
    if (by !== 'server') error = 'the call was broken off';
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
  }
  signal.removeEventListener('abort', onAbort);
  await stream.close();
  await hangup;
  await ua.close();
  return { seconds: stream.seconds(), sent: stream.sent(), ...(error === undefined ? {} : { error }) };
};
