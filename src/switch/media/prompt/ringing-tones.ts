import { sampleRate } from './pcm-source.ts';
import { renderTone, type ToneComponent } from './tone.ts';

/** A national ringing tone, as ITU-T E.180 Supplement 2 lists them. */
export interface RingingTone {
  /** Frequencies that sound together. */
  readonly hz: readonly number[];
  /** Modulates the amplitude of the tone fully, in Hz ("400 x 25"). */
  readonly modulatedBy?: number;
  /** Sound, pause, sound, pause... in milliseconds; then from the start again. */
  readonly cadenceMs: readonly number[];
}

const single = (hz: number, on: number, off: number): RingingTone => ({ hz: [hz], cadenceMs: [on, off] });
const double = (hz: readonly number[], modulatedBy?: number): RingingTone => ({
  hz,
  cadenceMs: [400, 200, 400, 2000],
  ...(modulatedBy === undefined ? {} : { modulatedBy }),
});

/** CEPT's recommendation, which most of Europe and many others follow. */
const cept = single(425, 1000, 4000);
const northAmerica: RingingTone = { hz: [440, 480], cadenceMs: [2000, 4000] };
const britain = double([400, 450]);

/** Ringing tones by country: ISO 3166 codes in lower case, and uk for gb. */
export const ringingTones: Readonly<Record<string, RingingTone>> = {
  ae: britain,
  ar: single(425, 1000, 4500),
  at: single(420, 1000, 5000),
  au: double([413, 438]),
  be: single(425, 1000, 3000),
  bg: cept,
  br: cept,
  ca: northAmerica,
  ch: cept,
  cl: single(400, 1000, 3000),
  cn: single(450, 1000, 4000),
  cr: single(450, 1203, 4797),
  cz: cept,
  de: cept,
  dk: cept,
  ee: cept,
  es: single(425, 1500, 3000),
  fi: cept,
  fr: single(440, 1500, 3500),
  gb: britain,
  gr: cept,
  hk: { hz: [440, 480], cadenceMs: [400, 200, 400, 3000] },
  hr: cept,
  hu: single(425, 1250, 3750),
  id: cept,
  ie: britain,
  il: single(414, 1000, 3000),
  in: double([400], 25),
  is: single(425, 1200, 4700),
  it: cept,
  jp: { hz: [400], modulatedBy: 16, cadenceMs: [1000, 2000] },
  kr: { hz: [440, 480], cadenceMs: [1000, 2000] },
  lt: cept,
  lu: cept,
  mx: cept,
  my: double([425]),
  nl: cept,
  no: cept,
  nz: britain,
  ph: { hz: [425, 480], cadenceMs: [1000, 4000] },
  pl: cept,
  pt: single(425, 1000, 5000),
  ru: cept,
  se: single(425, 1000, 5000),
  sg: double([425], 24),
  sk: cept,
  th: single(420, 1000, 5000),
  tr: single(450, 2000, 4000),
  tw: { hz: [440, 480], cadenceMs: [1000, 2000] },
  ua: cept,
  uk: britain,
  us: northAmerica,
  // What the United States had until the 1960s.
  'us-old': { hz: [420], modulatedBy: 40, cadenceMs: [2000, 4000] },
  ve: cept,
  za: double([400], 33),
};

/** Level of all ringing tones in dBFS: as loud as speech. */
const ringingLevelDb = -16;

/** How long one cadence is: sound and pause. */
export const cadenceSeconds = (tone: RingingTone): number => tone.cadenceMs.reduce((sum, ms) => sum + ms, 0) / 1000;

/** Full modulation is the carrier and two sidebands of half its amplitude. */
const componentsOf = ({ hz, modulatedBy }: RingingTone): readonly ToneComponent[] =>
  hz.flatMap((carrier) =>
    modulatedBy === undefined
      ? [{ hz: carrier, weight: 1 }]
      : [
          { hz: carrier, weight: 1 },
          { hz: carrier - modulatedBy, weight: 0.5 },
          { hz: carrier + modulatedBy, weight: 0.5 },
        ],
  );

/** The samples of one cadence, from the first sound to the end of the last pause, 8 kHz. */
export const renderCadence = (tone: RingingTone): Int16Array => {
  const components = componentsOf(tone);
  const samples = new Int16Array(Math.round(cadenceSeconds(tone) * sampleRate));
  let atMs = 0;
  for (const [i, ms] of tone.cadenceMs.entries()) {
    if (i % 2 === 0) {
      samples.set(renderTone({ components, levelDb: ringingLevelDb, seconds: ms / 1000 }), (atMs * sampleRate) / 1000);
    }
    atMs += ms;
  }
  return samples;
};
