import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { asSipreelError } from '../../errors/error.ts';
import { ourExtensions } from './extensions.ts';
import { sdpOf } from './message.ts';

/** What drachtio-srf tells of and its types leave out. */
interface Updatable {
  on(event: 'update', listener: (update: SrfRequest, response: SrfResponse) => void): void;
}

/** Listens to UPDATEs in the early dialog of an INVITE. */
export const onEarlyUpdate = (
  invite: SrfRequest,
  listener: (update: SrfRequest, response: SrfResponse) => void,
): void => (invite as unknown as Updatable).on('update', listener);

/**
 * Answers an UPDATE before the call is answered (RFC 3311 §5.2). Without SDP it tells who is called that the other is
 * there. With an offer it is answered by `answer`, or refused with that status. Never rejects.
 */
export const answerEarlyUpdate = async (
  update: SrfRequest,
  response: SrfResponse,
  parts: { readonly answer: 491 | 500 | ((offer: string) => Promise<string>); readonly log: Logger },
): Promise<void> => {
  const { answer, log } = parts;
  const offer = sdpOf(update);
  // The server puts its own address in place of localhost.
  const headers = { ...ourExtensions, Contact: '<sip:localhost>' };
  try {
    if (offer === undefined) response.send(200, { headers });
    else if (answer === 491) response.send(491);
    else if (answer === 500) response.send(500, { headers: { 'Retry-After': '5' } });
    else {
      const body = await answer(offer);
      response.send(200, { body, headers: { ...headers, 'Content-Type': 'application/sdp' } });
    }
  } catch (thrown) {
    const error = asSipreelError(thrown);
    log.warn({ err: error }, 'an UPDATE before the answer is refused: the session stays as it was');
    response.send(error.kind.sip);
  }
};
