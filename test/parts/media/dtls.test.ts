import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSecurity } from '../../../src/sdp/security.ts';
import type { Phone } from '../../kit/phone.ts';
import { type MediaRig, partyHz, peerHz, promptHz, startMediaRig, talk } from './rig.ts';

let rig: MediaRig;
/** A second rtpengine: it makes a phone with DTLS-SRTP of a plain one. */
let gateway: MediaRig;
beforeAll(async () => {
  [rig, gateway] = await Promise.all([startMediaRig(), startMediaRig()]);
});
afterAll(() => Promise.all([rig.close(), gateway.close()]));

const through = async (name: 'offer' | 'answer', sdp: string): Promise<string> => {
  const { sdp: made = '' } = await gateway.rtpengine.command(name, {
    'call-id': 'gateway',
    'from-tag': 'phone',
    ...(name === 'answer' ? { 'to-tag': 'sipreel' } : { 'transport-protocol': 'UDP/TLS/RTP/SAVP', SDES: ['off'] }),
    flags: ['port latching'],
    replace: ['origin', 'session-connection'],
    sdp,
  });
  return made;
};

const offerOf = (phone: Phone, direction?: 'sendonly'): Promise<string> => through('offer', phone.sdp(direction));

test('a party with DTLS-SRTP hears prompts and a plain peer, through holds of both, and is recorded in the clear', () =>
  rig.withCall(async (call) => {
    const party = await call.phone();
    const answer = await call.session.answer(await offerOf(party));
    expect(readSecurity(answer)).toEqual({ protocol: 'UDP/TLS/RTP/SAVP' });
    expect(answer).toMatch(/a=fingerprint:/);
    talk(party, await through('answer', answer));
    const [speak, listen] = await Promise.all([call.fork('speak'), call.fork('listen')]);
    await party.waitUntilHears(promptHz, { anew: true });
    await speak.hears(partyHz);

    const peer = await call.phone({ hz: peerHz });
    const offer = await call.session.offerPeer();
    expect(readSecurity(offer)).toEqual({ protocol: 'RTP/AVP' });
    await party.waitUntilHears(promptHz, { anew: true });
    talk(peer, offer);
    await call.session.bridge(peer.sdp());
    const bothHear = async (): Promise<void> => {
      await Promise.all([
        party.waitUntilHears(peerHz, { anew: true }),
        peer.waitUntilHears(partyHz, { anew: true }),
        speak.hears(partyHz),
        listen.hears(peerHz),
      ]);
    };
    await bothHear();
    for (const direction of ['sendonly', undefined] as const) {
      talk(peer, await call.session.answerPeer(peer.sdp(direction)));
      await bothHear();
      await through('answer', await call.session.answer(await offerOf(party, direction)));
      await bothHear();
    }
    await call.session.unbridge();
    await party.waitUntilHears(promptHz, { anew: true });
  }));
