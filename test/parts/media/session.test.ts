import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { readSecurity } from '../../../src/sdp/security.ts';
import { beepOver } from '../../../src/switch/media/beep-over.ts';
import type { PeerMedia } from '../../../src/switch/media/peer-offer.ts';
import { levelRange } from '../../kit/heard.ts';
import type { Phone } from '../../kit/phone.ts';
import type { Codec } from '../../kit/tone-frames.ts';
import { dialIn, type MediaRig, partyHz, peerHz, promptHz, startMediaRig, type TestCall, talk } from './rig.ts';

let rig: MediaRig;
beforeAll(async () => {
  rig = await startMediaRig();
});
afterAll(() => rig.close());

const codecs: readonly Codec[] = ['PCMU', 'PCMA', 'G722', 'OPUS', 'G729'];

const namesIn = (sdp: string): string[] => {
  const { payloadTypes, payloads } = parseAudio(sdp);
  return payloadTypes.map((payloadType) => payloads[payloadType]?.codec ?? String(payloadType));
};

/** The far end of a bridge, who is offered something and answers. */
const bridgeTo = async (call: TestCall, phone: Phone, how: PeerMedia = {}): Promise<string> => {
  const offer = await call.session.offerPeer(how);
  talk(phone, offer);
  await call.session.bridge(phone.sdp(), how);
  return offer;
};

const bothHear = async (party: Phone, peer: Phone): Promise<void> => {
  const anew = { forMs: 200, anew: true };
  await Promise.all([party.waitUntilHears(peerHz, anew), peer.waitUntilHears(partyHz, anew)]);
};

describe('a party is answered in its own codec, hears prompts, and is heard in its fork', () => {
  test.each(codecs)('%s', (codec) =>
    rig.withCall(async (call) => {
      const party = await call.phone({ codec });
      const answer = await dialIn(call, party);
      expect(namesIn(answer)).toEqual([codec, 'TELEPHONE-EVENT']);
      const [speak, listen] = await Promise.all([call.fork('speak'), call.fork('listen')]);
      await Promise.all([party.waitUntilHears(promptHz), speak.hears(partyHz), listen.hears(promptHz)]);
      // G.729 comes as PCMA, all else as it was sent.
      expect(speak.codecs()).toEqual([codec === 'G729' ? 'PCMA' : codec]);
      await party.sendDigit('5');
      await expect.poll(() => speak.heard.digits()).toBe('5');
      // A key mutes nothing.
      await speak.hears(partyHz);
    }),
  );

  test.each([
    ['9 0 8 101', 'G722'],
    ['0 9 101', 'PCMU'],
    ['18 8 101', 'PCMA'],
    ['18 101', 'G729'],
    ['96 9 0 101', 'G722'],
    ['18 96 101', 'G729'],
    ['3 9 101', 'G722'],
  ])('of the offer %s it is the first that is no last resort', (offered, codec) =>
    rig.withCall(async (call) => {
      const answer = await call.session.answer(
        `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP ${offered}\r\n` +
          'a=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n',
      );
      expect(namesIn(answer)[0]).toBe(codec);
    }),
  );

  test('also where the INVITE has no SDP and it answers our offer', () =>
    rig.withCall(async (call) => {
      const party = await call.phone({ codec: 'G722' });
      const offer = await call.session.offer();
      expect(namesIn(offer)).toEqual(expect.arrayContaining([...codecs, 'TELEPHONE-EVENT']));
      expect(namesIn(offer)[0]).toBe('PCMU');
      talk(party, offer);
      await call.session.acceptAnswer(party.sdp());
      await party.waitUntilHears(promptHz, { anew: true });
      await (await call.fork('speak')).hears(partyHz);
    }));

  test('none of ours is 488 with what was offered', () =>
    rig.withCall(async (call) => {
      const party = await call.phone();
      await expect(call.session.answer(party.sdp().replace('AVP 0 101', 'AVP 3 101'))).rejects.toMatchObject({
        code: 'codec_unsupported',
        message: expect.stringContaining('the offer has 3, TELEPHONE-EVENT'),
      });
    }));
});

describe('a peer is offered', () => {
  test.each<[Codec, PeerMedia, string[]]>([
    ['PCMU', {}, ['PCMU', 'PCMA']],
    ['PCMA', {}, ['PCMA', 'PCMU']],
    ['G722', {}, ['G722', 'PCMU', 'PCMA']],
    ['OPUS', {}, ['OPUS', 'PCMU', 'PCMA']],
    ['G729', {}, ['G729', 'PCMU', 'PCMA']],
    ['PCMU', { codecs: ['G729'] }, ['G729']],
    ['OPUS', { codecs: ['G722', 'PCMA'] }, ['G722', 'PCMA']],
    ['G722', { codecs: ['PCMA', 'G722'] }, ['G722', 'PCMA']],
  ])('by a party with %s, of a trunk with %j: %j', (codec, how, offered) =>
    rig.withCall(async (call) => {
      const party = await call.phone({ codec });
      await dialIn(call, party);
      expect(namesIn(await call.session.offerPeer(how)).filter((name) => name !== 'TELEPHONE-EVENT')).toEqual(offered);
      // It rings, and prompts go on.
      await party.waitUntilHears(promptHz, { anew: true });
    }),
  );

  test('an answer with nothing of it is refused, and prompts go on', () =>
    rig.withCall(async (call) => {
      const party = await call.phone();
      await dialIn(call, party);
      const peer = await call.phone({ codec: 'G722', hz: peerHz });
      await call.session.offerPeer();
      await expect(call.session.bridge(peer.sdp())).rejects.toMatchObject({
        code: 'codec_unsupported',
        message: 'no usable codec: the answer has G722, TELEPHONE-EVENT, and usable are PCMU, PCMA',
      });
      await expect(call.session.bridge('no SDP')).rejects.toMatchObject({ code: 'sdp_invalid' });
      await call.session.unbridge();
      await party.waitUntilHears(promptHz, { anew: true });
    }));
});

describe.concurrent('codecs change by re-INVITE in a bridge, and nobody else is asked', () => {
  test('of the party', () =>
    rig.withCall(async (call) => {
      const party = await call.phone();
      const partyAnswer = await dialIn(call, party);
      const peer = await call.phone({ codec: 'OPUS', hz: peerHz });
      const [speak, listen] = await Promise.all([call.fork('speak'), call.fork('listen')]);
      await bridgeTo(call, peer, { codecs: ['opus'] });
      await bothHear(party, peer);
      expect(speak.codecs()).toEqual(['PCMU']);
      for (const codec of ['OPUS', 'G729', 'G722', 'PCMA'] as const) {
        listen.codecs();
        await party.use(codec);
        const answer = await call.session.answer(party.sdp());
        expect(namesIn(answer)[0]).toBe(codec);
        expect(parseAudio(answer).port).toBe(parseAudio(partyAnswer).port);
        talk(party, answer);
        speak.codecs();
        await bothHear(party, peer);
        await speak.hears(partyHz);
        await listen.hears(peerHz);
        expect(speak.codecs().at(-1), codec).toBe(codec === 'G729' ? 'PCMA' : codec);
        expect(listen.codecs(), codec).toEqual(['OPUS']);
      }
      await call.session.unbridge();
      await party.waitUntilHears(promptHz, { anew: true });
    }));

  test('of the peer', () =>
    rig.withCall(async (call) => {
      const party = await call.phone({ codec: 'G722' });
      await dialIn(call, party);
      const peer = await call.phone({ codec: 'PCMA', hz: peerHz });
      const listen = await call.fork('listen');
      const how = { codecs: codecs.map((codec) => (codec === 'OPUS' ? 'opus' : codec)) };
      await bridgeTo(call, peer, how);
      await bothHear(party, peer);
      for (const codec of ['G729', 'OPUS', 'PCMU', 'G722'] as const) {
        await peer.use(codec);
        const answer = await call.session.answerPeer(peer.sdp());
        expect(namesIn(answer)[0]).toBe(codec);
        talk(peer, answer);
        listen.codecs();
        await bothHear(party, peer);
        await listen.hears(peerHz);
        expect(listen.codecs().at(-1), codec).toBe(codec === 'G729' ? 'PCMA' : codec);
      }
      // What cannot be: the bridge stays as it is.
      await expect(call.session.answerPeer(peer.sdp().replace('AVP 9 ', 'AVP 3 '))).rejects.toMatchObject({
        code: 'codec_unsupported',
      });
      await bothHear(party, peer);
    }));
});

describe.concurrent('SRTP', () => {
  const secured: readonly ('required' | 'optional')[] = ['required', 'optional'];

  test.each(secured)('a party whose SRTP is %s is answered with a key; its forks are plain RTP', (srtp) =>
    rig.withCall(async (call) => {
      const party = await call.phone({ srtp });
      const answer = await dialIn(call, party);
      expect(readSecurity(answer)).toMatchObject({
        protocol: srtp === 'required' ? 'RTP/SAVP' : 'RTP/AVP',
        crypto: { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80' },
      });
      const [speak, listen] = await Promise.all([call.fork('speak'), call.fork('listen')]);
      await Promise.all([party.waitUntilHears(promptHz), speak.hears(partyHz), listen.hears(promptHz)]);
      // Hold and resume, the same key and another one, another number for it.
      for (const change of [() => undefined, party.rekey]) {
        for (const direction of ['sendonly', 'sendrecv'] as const) {
          change();
          const again = await call.session.answer(party.sdp(direction).replace('crypto:1', 'crypto:5'));
          expect(readSecurity(again).crypto?.tag).toBe(5);
          expect(again).toContain(direction === 'sendonly' ? 'a=recvonly' : 'a=sendrecv');
          talk(party, again);
          await party.waitUntilHears(promptHz, { anew: true });
          await speak.hears(partyHz);
        }
      }
    }),
  );

  test.each([
    ['an unknown suite', (sdp: string) => sdp.replace(/AES_\w+/, 'FOO_128'), 'RTP/SAVP with no usable key of FOO_128'],
    ['no key', (sdp: string) => sdp.replace(/a=crypto.*\r\n/, ''), 'RTP/SAVP with no a=crypto line'],
  ])('%s is refused', (_name, change, why) =>
    rig.withCall(async (call) => {
      const party = await call.phone({ srtp: 'required' });
      await expect(call.session.answer(change(party.sdp()))).rejects.toMatchObject({
        code: 'srtp_unsupported',
        message: expect.stringContaining(why),
      });
    }),
  );

  const legs = [undefined, 'required'] as const;
  const peers: readonly [PeerMedia['srtp'], 'required' | 'optional' | undefined][] = [
    ['off', undefined],
    ['optional', undefined],
    ['optional', 'optional'],
    ['require', 'required'],
  ];
  const plainCodecs = { codec: 'PCMU', peerCodec: 'PCMU' } as const;
  test.each([
    ...legs.flatMap((party) => peers.map(([srtp, peer]) => ({ party, srtp, peer, ...plainCodecs }))),
    // Whose payload types are numbered by the one who is asked first.
    ...[
      { codec: 'OPUS', peerCodec: 'OPUS' } as const,
      { codec: 'OPUS', peerCodec: 'PCMA' } as const,
      { codec: 'PCMU', peerCodec: 'OPUS' } as const,
    ].map((both) => ({ party: 'required' as const, srtp: 'require' as const, peer: 'required' as const, ...both })),
  ])(
    'party $party ($codec), trunk $srtp, peer $peer ($peerCodec): both are heard through holds, new keys and the end',
    ({ party: partySrtp, srtp, peer: peerSrtp, codec, peerCodec }) =>
      rig.withCall(async (call) => {
        const party = await call.phone({ codec, ...(partySrtp ? { srtp: partySrtp } : {}) });
        await dialIn(call, party);
        const [speak, listen] = await Promise.all([call.fork('speak'), call.fork('listen')]);
        const peer = await call.phone({ hz: peerHz, codec: peerCodec, ...(peerSrtp ? { srtp: peerSrtp } : {}) });
        const how = { srtp, ...(peerCodec === 'OPUS' ? { codecs: ['opus'] } : {}) };
        const offer = await call.session.offerPeer(how);
        expect(readSecurity(offer)).toMatchObject({ protocol: srtp === 'require' ? 'RTP/SAVP' : 'RTP/AVP' });
        expect(offer.includes('a=crypto')).toBe(srtp !== 'off');
        expect(offer).not.toMatch(/NULL_HMAC|F8_128|fingerprint/);
        // It rings: prompts are heard meanwhile, also by a party that holds and resumes.
        await party.waitUntilHears(promptHz, { anew: true });
        talk(party, await call.session.answer(party.sdp()));
        await party.waitUntilHears(promptHz, { anew: true });
        talk(peer, offer);
        await call.session.bridge(peer.sdp(), how);
        await bothHear(party, peer);
        expect(readSecurity(peer.sdp()).crypto !== undefined).toBe(peerSrtp !== undefined);

        const holdAndResume = async (who: Phone): Promise<void> => {
          for (const direction of ['sendonly', 'sendrecv'] as const) {
            const sdp = who.sdp(direction);
            const answer = await (who === party ? call.session.answer(sdp) : call.session.answerPeer(sdp));
            expect(answer).toContain(direction === 'sendonly' ? 'a=recvonly' : 'a=sendrecv');
            talk(who, answer);
            await bothHear(party, peer);
          }
        };
        await holdAndResume(peer);
        await holdAndResume(party);
        for (const who of [party, peer, party]) {
          who.rekey();
          await holdAndResume(who);
        }
        // Re-INVITEs without SDP: we offer, and they answer.
        const toParty = await call.session.offer();
        expect(readSecurity(toParty).crypto !== undefined).toBe(partySrtp !== undefined);
        talk(party, toParty);
        await call.session.acceptAnswer(party.sdp());
        await bothHear(party, peer);
        talk(peer, await call.session.offerPeer());
        await call.session.bridge(peer.sdp());
        await bothHear(party, peer);
        await Promise.all([speak.hears(partyHz), listen.hears(peerHz)]);
        await call.session.unbridge();
        await party.waitUntilHears(promptHz, { anew: true });
        party.rekey();
        talk(party, await call.session.answer(party.sdp()));
        await party.waitUntilHears(promptHz, { anew: true });
      }),
  );

  test.each<[PeerMedia, 'required' | 'optional' | undefined, Codec, string]>([
    [{ srtp: 'require' }, 'required', 'PCMU', 'RTP/SAVP'],
    [{ srtp: 'optional' }, 'optional', 'PCMA', 'RTP/AVP'],
    [{ srtp: 'optional' }, undefined, 'G722', 'RTP/AVP'],
    [{ srtp: 'require', codecs: ['G729'] }, 'required', 'G729', 'RTP/SAVP'],
  ])('a leg that is dialled by itself is offered %j; SRTP %s, %s', (how, srtp, codec, protocol) =>
    rig.withCall(async (call) => {
      const leg = await call.phone({ codec, ...(srtp ? { srtp } : {}) });
      const offer = await call.session.offer(how);
      expect(readSecurity(offer).protocol).toBe(protocol);
      if (how.codecs) expect(namesIn(offer)).toEqual([...how.codecs, 'TELEPHONE-EVENT']);
      talk(leg, offer);
      await call.session.acceptAnswer(leg.sdp());
      await leg.waitUntilHears(promptHz, { anew: true });
      await (await call.fork('speak')).hears(partyHz);
    }),
  );

  test('a leg that has to speak SRTP and does not is refused, and so is one that was offered none and does', () =>
    rig.withCall(async (call) => {
      const party = await call.phone();
      await dialIn(call, party);
      const [plain, secure] = await Promise.all([call.phone(), call.phone({ srtp: 'required' })]);
      await call.session.offerPeer({ srtp: 'require' });
      await expect(call.session.bridge(plain.sdp(), { srtp: 'require' })).rejects.toMatchObject({
        code: 'srtp_unsupported',
        message: 'the answer is RTP/AVP without a key, and SRTP is required',
      });
      await call.session.unbridge();
      await call.session.offerPeer();
      await expect(call.session.bridge(secure.sdp())).rejects.toMatchObject({
        code: 'srtp_unsupported',
        message: 'the answer is RTP/SAVP, which was not offered',
      });
      await party.waitUntilHears(promptHz, { anew: true });
    }));
});

test.each(['off', 'require', 'G729'] as const)(
  'several who ring are offered what each may have, and the one with %s that answers is heard',
  (winner) =>
    rig.withCall(async (call) => {
      const offers: Record<typeof winner, PeerMedia> = {
        require: { srtp: 'require' },
        off: {},
        G729: { codecs: ['G729'] },
      };
      const party = await call.phone({ codec: 'G722' });
      await dialIn(call, party);
      const shown: Partial<Record<typeof winner, string>> = {};
      for (const name of ['require', 'off', 'G729'] as const) shown[name] = await call.session.offerPeer(offers[name]);
      expect(namesIn(shown.off ?? '')).toEqual(['G722', 'PCMU', 'PCMA', 'TELEPHONE-EVENT']);
      expect(namesIn(shown.G729 ?? '')).toEqual(['G729', 'TELEPHONE-EVENT']);
      expect([shown.off, shown.G729].map((sdp) => readSecurity(sdp ?? ''))).toEqual([
        { protocol: 'RTP/AVP' },
        { protocol: 'RTP/AVP' },
      ]);
      await party.waitUntilHears(promptHz, { anew: true });
      const peer = await call.phone({
        hz: peerHz,
        ...(winner === 'G729' ? { codec: 'G729' } : {}),
        ...(winner === 'require' ? { srtp: 'required' } : {}),
      });
      talk(peer, shown[winner] ?? '');
      await call.session.bridge(peer.sdp(), offers[winner]);
      await bothHear(party, peer);
    }),
);

describe('a beep over what the party hears', () => {
  const beep = (call: TestCall): Promise<void> =>
    beepOver(call.session.source, new AbortController().signal, pino({ level: 'silent' }));

  test.each([
    ['PCMU', undefined],
    ['PCMA', undefined],
    ['G722', undefined],
    ['OPUS', undefined],
    ['G729', undefined],
    ['PCMU', 'required'],
  ] as const)(
    'is half a second of %s to a party with SRTP %s, in no fork, and the other side hears on',
    (codec, srtp) =>
      rig.withCall(async (call) => {
        const party = await call.phone({ codec, ...(srtp ? { srtp } : {}) });
        await dialIn(call, party);
        const peer = await call.phone({ hz: peerHz });
        await bridgeTo(call, peer);
        const listen = await call.fork('listen');
        await Promise.all([bothHear(party, peer), listen.hears(peerHz)]);
        const [before] = party.arrivals().slice(-1);
        const sent = party.arrivals().length;
        await beep(call);
        const beeped = party.arrivals().slice(sent);
        const own = beeped.filter(({ ssrc }) => ssrc !== before?.ssrc);
        expect(own.length, 'packets of the beep').toBeGreaterThanOrEqual(25);
        // Those that were on their way when it began, as a transcoder holds some.
        const during = beeped.slice(beeped.findIndex((packet) => own.includes(packet))).slice(0, own.length);
        expect(during.filter((packet) => !own.includes(packet)).length, 'packets of others').toBeLessThanOrEqual(2);
        if (codec === 'PCMU') expect(levelRange(party.heard().slice(-3600, -800), 1000).least).toBeGreaterThan(-14);
        expect(
          levelRange(peer.heard().slice(-4000), partyHz).least,
          'the party, as the other side hears it',
        ).toBeGreaterThan(-20);
        await Promise.all([bothHear(party, peer), listen.hears(peerHz)]);
        expect(levelRange(listen.heard.samples(), 1000).most, 'the beep in the fork').toBeLessThan(-40);
      }),
  );

  test('is heard in the place of a prompt too, and leaves the other side its voice where the call ends in it', () =>
    rig.withCall(async (call) => {
      const party = await call.phone();
      await dialIn(call, party);
      await party.waitUntilHears(promptHz, { anew: true });
      await beep(call);
      await party.waitUntilHears(promptHz, { anew: true });
      const ending = new AbortController();
      const beeping = beepOver(call.session.source, ending.signal, pino({ level: 'silent' }));
      ending.abort(new Error('over'));
      await expect(beeping).rejects.toThrow('over');
      await party.waitUntilHears(promptHz, { anew: true });
    }));
});
