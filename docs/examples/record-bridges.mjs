// The middleware: each bridge is recorded as MP3 until the caller presses #, and STATUS_URL is told of it. Re-INVITEs, digits
// in SIP INFO and the end of the call are followed. Try it, with a drachtio-server, rtpengine and Redis on this machine:
//
//   npm install sipreel drachtio-srf rtpengine-client
//   CALLEE=sip:1000@192.0.2.7 STATUS_URL=https://example.com/recorded node record-bridges.mjs
import Srf from 'drachtio-srf';
import { Client } from 'rtpengine-client';
import { createRecorder, recordBridges } from 'sipreel';

const { CALLEE = 'sip:1000@127.0.0.1:5070', DRACHTIO = '127.0.0.1:9022', SECRET = 'cymru', STATUS_URL } = process.env;
const { RTPENGINE = '127.0.0.1:22222', REDIS = 'redis://127.0.0.1:6379', DATA = './sipreel-data' } = process.env;

// Events go to public addresses alone, but to this host wherever it is.
const worker = STATUS_URL ? { 'http_out.allow_hosts': [new URL(STATUS_URL).host] } : {};
const recorder = await createRecorder({ redis: REDIS, rtpengine: RTPENGINE, dir: DATA, worker });

const [ngHost, ngPort] = RTPENGINE.split(':');
const client = new Client({ timeout: 1500 });
const ng = async (command, given) => {
  const parameters = { replace: ['origin', 'session-connection'], ...given };
  const reply = await client[command](Number(ngPort), ngHost, parameters);
  if (reply.result !== 'ok') throw new Error(`rtpengine, ${command}: ${reply['error-reason']}`);
  return reply.sdp;
};

const srf = new Srf();
// Emergency calls are not recorded.
const wanted = { format: 'mp3', stereo: true, terminators: '#', status_url: STATUS_URL };
const parameters = (req) => (['110', '112', '911'].includes(req.calledNumber) ? undefined : wanted);
srf.use('invite', recordBridges({ recorder, parameters }));

srf.invite(async (req, res) => {
  const media = { 'call-id': req.get('Call-ID'), 'from-tag': req.getParsedHeader('From').params.tag };
  try {
    const bridge = await srf.createB2BUA(req, res, CALLEE, {
      localSdpB: await ng('offer', { ...media, sdp: req.body }),
      localSdpA: (sdp, answer) => ng('answer', { ...media, 'to-tag': answer.getParsedHeader('To').params.tag, sdp }),
    });
    for (const dialog of [bridge.uas, bridge.uac]) {
      dialog.on('destroy', () => {
        dialog.other.destroy();
        ng('delete', { 'call-id': media['call-id'] }).catch(console.error);
      });
    }
    await req.record(bridge);
  } catch (error) {
    console.error(error.message);
    await ng('delete', { 'call-id': media['call-id'] }).catch(console.error);
  }
});

srf.on('error', (error) => console.error(error));
srf.on('connect', (error, hostport) => console.log(error ?? `takes calls at ${hostport}`));
const [host, port] = DRACHTIO.split(':');
srf.connect({ host, port: Number(port), secret: SECRET });
process.once('SIGTERM', () => recorder.close().finally(() => process.exit()));
