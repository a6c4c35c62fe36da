import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { type SipServer, startSipServer } from './server.ts';
import { type Sipp, startSipp } from './sipp.ts';
import { answerCalls, connectApplication, SDP, type SrfApplication, wide } from './srf-application.ts';

describe('drachtio-srf and SIPp', () => {
  let server: SipServer;
  const open: { close(): unknown }[] = [];

  beforeAll(async () => {
    server = await startSipServer();
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });
  afterAll(async () => {
    expect(server.isRunning(), server.log()).toBe(true);
    await server.close();
  });

  async function keep<T extends { close(): unknown }>(opened: Promise<T>): Promise<T> {
    const one = await opened;
    open.push(one);
    return one;
  }

  function connect(setUp?: Parameters<typeof connectApplication>[1]): Promise<SrfApplication> {
    return keep(connectApplication(server, setUp));
  }

  function sipp(options: Parameters<typeof startSipp>[0]): Promise<Sipp> {
    return keep(startSipp(options));
  }

  test.each(['udp', 'tcp'] as const)(
    '20 calls of SIPp over %s at 20 a second are answered and end',
    async (transport) => {
      let ended = 0;
      await connect((srf) =>
        srf.invite(async (req, res) => {
          const dialog = await srf.createUAS(req, res, { localSdp: SDP });
          dialog.on('destroy', () => ended++);
        }),
      );
      await (await sipp({ scenario: 'uac', to: server.sipPort, transport, calls: 20, rate: 20 })).done;
      await eventually('20 ended dialogs', () => ended === 20);
    },
  );

  test('100 calls at 20 a second pass, as they must on a laptop', async () => {
    await connect((srf) => answerCalls(srf));
    await (await sipp({ scenario: 'uac', to: server.sipPort, calls: 100, rate: 20, holdMs: 500 })).done;
  });

  test.each(['udp', 'tcp'] as const)('an application calls SIPp over %s and hangs up', async (transport) => {
    const { srf } = await connect();
    const called = await sipp({ scenario: 'uas', transport });
    const uri = `sip:service@127.0.0.1:${called.port};transport=${transport}`;
    const provisional: number[] = [];
    const dialog = await srf.createUAC(
      uri,
      { localSdp: SDP },
      { cbProvisional: (res) => void provisional.push(res.status) },
    );
    expect(provisional).toEqual([180]);
    expect(dialog.remote.sdp).toContain('v=0');
    await wide(dialog).destroy();
    // Its scenario stays 4 s for a repeated BYE; that is waited for once.
    if (transport === 'udp') await called.done;
  });

  test('a call passes through an application to SIPp, over TCP on one side and UDP on the other', async () => {
    await connect((srf) =>
      srf.invite((req, res) => {
        const uri = `sip:service@127.0.0.1:${called.port}`;
        void srf.createB2BUA(req, res, uri, { localSdpB: req.body }).then(({ uas, uac }) => {
          uas.on('destroy', () => uac.destroy());
          uac.on('destroy', () => uas.destroy());
        });
      }),
    );
    const called = await sipp({ scenario: 'uas', calls: 5 });
    await (await sipp({ scenario: 'uac', to: server.sipPort, transport: 'tcp', calls: 5, rate: 20 })).done;
  });

  test('applications take turns', async () => {
    const calls = [0, 0];
    for (const index of [0, 1]) {
      await connect((srf) =>
        answerCalls(srf, () => {
          calls[index] = (calls[index] ?? 0) + 1;
        }),
      );
    }
    await (await sipp({ scenario: 'uac', to: server.sipPort, calls: 10, rate: 20 })).done;
    expect(calls).toEqual([5, 5]);
  });
});
