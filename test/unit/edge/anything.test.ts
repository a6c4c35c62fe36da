import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applicationLeft } from '../../../src/edge/incoming.ts';
import { createTestCore, type TestApplication, type TestCore } from './edge-core.ts';
import { headerLines, requestLines, sipText } from './sip-text.ts';

/** One thing that happens; numbers choose among what there is at that moment. */
type Happening =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly call: number;
      readonly branch: number;
      readonly tcp: boolean;
    }
  | { readonly kind: 'response'; readonly status: string; readonly request: number; readonly tag: number }
  | { readonly kind: 'answer'; readonly status: string; readonly to: number }
  | { readonly kind: 'send'; readonly method: string; readonly dialog: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'close' };

const METHODS = [
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'INFO',
  'PRACK',
  'UPDATE',
  'SUBSCRIBE',
  'NOTIFY',
  'OPTIONS',
  'REFER',
  'X',
];
const method = fc.constantFrom(...METHODS);
const status = fc.constantFrom(
  '100 Trying',
  '180 Ringing',
  '183 Progress',
  '200 OK',
  '302 Moved',
  '401 No',
  '486 Busy',
  '487 Ended',
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant('request' as const), method, call: fc.nat(2), branch: fc.nat(6), tcp: fc.boolean() }),
  fc.record({ kind: fc.constant('response' as const), status, request: fc.nat(20), tag: fc.nat(1) }),
  fc.record({ kind: fc.constant('answer' as const), status, to: fc.nat(10) }),
  fc.record({ kind: fc.constant('send' as const), method, dialog: fc.nat(5) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 600, 5000, 33_000, 70_000) }),
  fc.constant({ kind: 'close' as const }),
);

function happen(core: TestCore, application: TestApplication, event: Happening): void {
  const payloads = application.said;
  const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(list.length, 1)];
  switch (event.kind) {
    case 'request': {
      const dialogs = core.state.legs.all();
      const known = pick(dialogs, event.call);
      const tag = known && event.branch % 2 ? `;tag=${known.dialog.localTag}` : '';
      core.receive(
        sipText(
          requestLines(event.method, {
            Via: `SIP/2.0/${event.tcp ? 'TCP' : 'UDP'} 127.0.0.1:5070;branch=z9hG4bK${event.branch}`,
            'Call-ID': known && tag !== '' ? known.dialog.callId : `call-${event.call}`,
            From: known && tag !== '' ? known.dialog.remote : '<sip:a@127.0.0.1>;tag=a1',
            To: `<sip:b@127.0.0.1>${tag}`,
            CSeq: `${event.branch} ${event.method}`,
            Supported: '100rel',
            RAck: `101 ${event.branch} INVITE`,
          }),
        ),
        { protocol: event.tcp ? 'tcp' : 'udp' },
      );
      return;
    }
    case 'response': {
      const requests = core.sent.filter(({ text }) => !text.startsWith('SIP/2.0'));
      const request = pick(requests, event.request);
      if (request === undefined) return;
      const copied = ['Via', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
        headerLines(request.text, name).map((value) => `${name}: ${value}`),
      );
      const to = headerLines(request.text, 'To')[0] ?? '';
      const tagged = to.includes('tag=') ? to : `${to};tag=b${event.tag}`;
      core.receive(sipText([`SIP/2.0 ${event.status}`, ...copied, `To: ${tagged}`, 'Contact: <sip:b@127.0.0.1:5080>']));
      return;
    }
    case 'answer': {
      const ids = payloads.map((each) => each.split('|')[8] ?? '');
      const require = event.to % 2 ? ['Require: 100rel'] : [];
      application.session.handle(
        `m|sip|${pick(ids, event.to)}|\r\n${sipText([`SIP/2.0 ${event.status}`, ...require])}`,
      );
      return;
    }
    case 'send': {
      const leg = pick(core.state.legs.all(), event.dialog);
      const cancelled = event.method === 'CANCEL' ? pick([...core.state.outgoing.keys()], event.dialog) : undefined;
      const dialogId = event.dialog % 2 && cancelled === undefined ? (leg?.id ?? '') : '';
      const uri = event.dialog === 4 ? 'sip:127.0.0.1:5080;transport=tcp' : 'sip:b@127.0.0.1:5080';
      const text = sipText([`${event.method} ${dialogId === '' ? uri : 'sip:placeholder'} SIP/2.0`]);
      application.session.handle(`m|sip|${cancelled ?? ''}|${dialogId}\r\n${text}`);
      return;
    }
    case 'wait':
      core.clock.advance(event.ms);
      return;
    case 'close':
      core.closeConnection({ address: '127.0.0.1', port: 5070 });
      core.closeConnection({ address: '127.0.0.1', port: 5080 });
  }
}

test('whatever happens, nothing is thrown, and all of it is gone once the applications have left', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 80 }), (events) => {
      const core = createTestCore();
      const application = core.join(...METHODS.map((each) => each.toLowerCase()));
      for (const event of events) happen(core, application, event);
      core.state.applications.leave(application.application);
      applicationLeft(core.state, application.application);
      // A ringing call that was cancelled and is never answered ends last: its own 64*T1 after the CANCEL.
      core.clock.advance(200_000);
      const { incoming, incomingOf, outgoing, legs } = core.state;
      expect([incoming.size, incomingOf.size, outgoing.size, legs.all().length]).toEqual([0, 0, 0, 0]);
      expect(core.state.transactions.size()).toEqual({ server: 0, client: 0 });
      expect(core.clock.waiting()).toBe(0);
    }),
    { numRuns: 300 },
  );
});
