import { renderTone } from './tone.ts';

/** The beep before a recording: half a second of 1 kHz at -12 dBFS that rises and falls within 5 ms. */
export const beepTone = { hz: 1000, levelDb: -12, seconds: 0.5 } as const;

/** The samples of the beep, 8 kHz. */
export const renderBeep = (): Int16Array =>
  renderTone({
    components: [{ hz: beepTone.hz, weight: 1 }],
    levelDb: beepTone.levelDb,
    seconds: beepTone.seconds,
  });
