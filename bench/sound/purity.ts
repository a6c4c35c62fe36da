import { captureSimulated, renderSpoolSound } from '../../test/sound/simulated-recording.ts';
import { goertzelDb, tone } from '../../test/sound/tone.ts';
import { throughG711 } from '../../test/unit/track/render.ts';
import { createSender, randomNumbers, type SenderOptions } from '../../test/unit/track/sender.ts';
import { atMost, type Chapter, type Kept } from './promise.ts';

const rate = 8000;
const seconds = 20;
const speakHz = 440;
const listenHz = 1250;

const talk = (hz: number, options: SenderOptions) => {
  const sender = createSender(options);
  const sound = tone(hz, rate, seconds, 0.5);
  sender.say(sound);
  return { sent: sender.arrivals(), sound };
};

/** Samples that differ from the wanted ones, wherever those begin within 100 ms. */
const differing = (samples: Int16Array, wanted: Int16Array): number => {
  let least = Number.POSITIVE_INFINITY;
  const first = samples.findIndex((sample) => sample !== 0) - wanted.findIndex((sample) => sample !== 0);
  for (let at = Math.max(0, first - 1); at <= first + 1; at++) {
    let wrong = 0;
    for (let i = 0; i < wanted.length; i++) if (samples[at + i] !== wanted[i]) wrong++;
    least = Math.min(least, wrong);
  }
  return least;
};

/** What is not lost stays as it is: bit for bit, on its own channel, without a sound of its own when clocks are corrected. */
export const purityChapter: Chapter = {
  title: 'Sound that arrives',
  async measure(folder) {
    const rows: Kept[] = [];
    const random = randomNumbers(3);
    const jittery = (): SenderOptions => ({ network: () => 40 + random() * 20 });
    const speak = talk(speakHz, jittery());
    const listen = talk(listenHz, { ...jittery(), payloadType: 8, ssrc: 2 });
    const { channels } = await renderSpoolSound(
      await captureSimulated({
        root: folder,
        stopMs: seconds * 1000 + 500,
        tracks: { speak: speak.sent, listen: listen.sent },
      }),
    );
    const [left = new Int16Array(), right = new Int16Array()] = channels;
    rows.push({
      promise: `${seconds} s of PCMU and of PCMA under 20 ms of jitter come out bit for bit`,
      limit: 'no sample differs',
      measured: `${differing(left, throughG711(speak.sound))} and ${differing(right, throughG711(listen.sound, 'A'))} samples differ`,
      kept: differing(left, throughG711(speak.sound)) + differing(right, throughG711(listen.sound, 'A')) === 0,
    });
    const middle = (samples: Int16Array): Int16Array => samples.subarray(rate, rate * (seconds - 1));
    rows.push(
      atMost(
        'what the party hears, in the channel of what it says',
        -60,
        'dB',
        goertzelDb(middle(left), rate, listenHz),
      ),
      atMost(
        'what the party says, in the channel of what it hears',
        -60,
        'dB',
        goertzelDb(middle(right), rate, speakHz),
      ),
    );

    const drifting = talk(1000, { ppm: 500 });
    const corrected = await renderSpoolSound(
      await captureSimulated({ root: folder, stopMs: seconds * 1000, tracks: { speak: drifting.sent, listen: [] } }),
    );
    const steady = (corrected.channels[0] ?? new Int16Array()).subarray(rate * 15, rate * 16);
    const beside = [500, 900, 950, 1050, 1100, 2500, 3300].map((hz) => goertzelDb(steady, rate, hz));
    rows.push(
      atMost('beside a tone of -6 dB whose clock, 500 ppm fast, is being corrected', -68, 'dB', Math.max(...beside)),
    );
    return rows;
  },
};
