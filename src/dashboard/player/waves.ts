/** What is drawn, and with which sound it goes along. */
export interface WavesOptions {
  readonly element: HTMLElement;
  readonly media: HTMLMediaElement;
  /** For each channel its parts, 0 to 255. */
  readonly peaks: readonly (readonly number[])[];
  /** Seconds. */
  readonly duration: number;
  readonly tracks: readonly string[];
}

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The louder the recording, the higher; a quiet one is not a line. */
const scaled = (peaks: readonly (readonly number[])[]): number[][] => {
  const most = Math.max(12, ...peaks.flat());
  return peaks.map((channel) => channel.map((peak) => peak / most));
};

/** Draws the waveform, each channel in its colour; what draws is loaded when the first is wanted. Gives back what ends it. */
export const openWaves = ({ element, media, peaks, duration, tracks }: WavesOptions): (() => void) => {
  let over = false;
  let close = (): void => undefined;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const look = () => ({
    splitChannels: tracks.map((track) => ({ waveColor: colour(`${track}-soft`), progressColor: colour(track) })),
    waveColor: colour(`${tracks[0] ?? 'mixed'}-soft`),
    progressColor: colour(tracks[0] ?? 'mixed'),
    cursorColor: colour('text'),
  });
  import('wavesurfer.js')
    .then(({ default: WaveSurfer }) => {
      if (over) return;
      const waves = WaveSurfer.create({
        container: element,
        media,
        peaks: scaled(peaks),
        duration,
        height: tracks.length === 2 ? 56 : 88,
        barWidth: 2,
        barGap: 1,
        barRadius: 2,
        dragToSeek: true,
        ...look(),
      });
      const recolour = (): void => waves.setOptions(look());
      dark.addEventListener('change', recolour);
      close = () => {
        dark.removeEventListener('change', recolour);
        waves.destroy();
      };
    })
    .catch(() => {
      element.textContent = 'The waveform could not be loaded; the sound plays all the same.';
    });
  return () => {
    over = true;
    close();
  };
};
