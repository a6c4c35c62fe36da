import { deferred } from './deferred.ts';
import { newToken } from './sip-dialog.ts';
import { type SipMessage, writeSip } from './sip-message.ts';
import { openUdp, type SipAddress } from './sip-transport.ts';

/** Sends one request that belongs to no call, once and over UDP: its final response, or undefined after `withinMs`. */
export const askOnce = async (
  target: SipAddress,
  method: string,
  { source = '127.0.0.1', withinMs = 1000 }: { readonly source?: string; readonly withinMs?: number } = {},
): Promise<SipMessage | undefined> => {
  const answered = deferred<SipMessage | undefined>();
  const transport = await openUdp((message) => {
    if ((message.status ?? 0) >= 200) answered.resolve(message);
  }, source);
  const { host, port } = transport.local;
  const uri = `sip:${target.host}:${target.port}`;
  transport.send(
    writeSip(`${method} ${uri} SIP/2.0`, [
      ['Via', `SIP/2.0/UDP ${host}:${port};branch=z9hG4bK${newToken()};rport`],
      ['Max-Forwards', '70'],
      ['From', `<sip:probe@${host}>;tag=${newToken()}`],
      ['To', `<${uri}>`],
      ['Call-ID', newToken()],
      ['CSeq', `1 ${method}`],
      ['Contact', `<sip:probe@${host}:${port}>`],
    ]),
    target,
  );
  const timer = setTimeout(() => answered.resolve(undefined), withinMs);
  const answer = await answered.promise;
  clearTimeout(timer);
  await transport.close();
  return answer;
};
