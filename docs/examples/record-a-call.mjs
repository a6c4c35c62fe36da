// Bridges each call to CALLEE with rtpengine in between, and records it: what the caller says on the left channel, what it
// hears on the right. Try it, with a drachtio-server, rtpengine and Redis on this machine:
//
//   npm install sipreel drachtio-srf rtpengine-client
//   CALLEE=sip:1000@192.0.2.7 node record-a-call.mjs
import Srf from 'drachtio-srf';
import { Client } from 'rtpengine-client';
import { createRecorder } from 'sipreel';

const { CALLEE = 'sip:1000@127.0.0.1:5070', DRACHTIO = '127.0.0.1:9022', SECRET = 'cymru' } = process.env;
const { RTPENGINE = '127.0.0.1:22222', REDIS = 'redis://127.0.0.1:6379', DATA = './sipreel-data' } = process.env;

const recorder = await createRecorder({ redis: REDIS, rtpengine: RTPENGINE, dir: DATA });

const [ngHost, ngPort] = RTPENGINE.split(':');
const client = new Client({ timeout: 1500 });
const ng = async (command, given) => {
  const parameters = { replace: ['origin', 'session-connection'], ...given };
  const reply = await client[command](Number(ngPort), ngHost, parameters);
  if (reply.result !== 'ok') throw new Error(`rtpengine, ${command}: ${reply['error-reason']}`);
  return reply.sdp;
};

const report = async (recording) => {
  const { state, duration, file } = await recording.ended();
  console.log(`${state}: ${duration} s in ${file}`);
};

const srf = new Srf();
srf.invite(async (req, res) => {
  const callId = req.get('Call-ID');
  const partyTag = req.getParsedHeader('From').params.tag;
  const media = { 'call-id': callId, 'from-tag': partyTag };
  try {
    const { uas, uac } = await srf.createB2BUA(req, res, CALLEE, {
      localSdpB: await ng('offer', { ...media, sdp: req.body }),
      localSdpA: (sdp, answer) => ng('answer', { ...media, 'to-tag': answer.getParsedHeader('To').params.tag, sdp }),
    });
    for (const dialog of [uas, uac]) {
      dialog.on('destroy', async () => {
        dialog.other.destroy();
        await recorder.callEnded(callId);
        await ng('delete', { 'call-id': callId });
      });
    }
    const call = { callId, partyTag, peerTag: uac.sip.remoteTag, from: req.callingNumber, to: req.calledNumber };
    // Where it cannot be recorded, the call goes on.
    await recorder.start(call, { stereo: true }).then(report).catch(console.error);
  } catch (error) {
    console.error(error.message);
    await ng('delete', { 'call-id': callId }).catch(console.error);
  }
});

srf.on('error', (error) => console.error(error));
srf.on('connect', (error, hostport) => console.log(error ?? `takes calls at ${hostport}`));
const [host, port] = DRACHTIO.split(':');
srf.connect({ host, port: Number(port), secret: SECRET });
process.once('SIGTERM', () => recorder.close().finally(() => process.exit()));
