/** One direction of sound as it is captured: what the party says, or what it hears. */
export type TrackName = 'speak' | 'listen';

export type Direction = TrackName | 'both';

export type Format = 'wav' | 'mp3' | 'mp4';

/** The parameters of record_call after checks and defaults; times in seconds, 0 = off. */
export interface RecordCallParameters {
  readonly control_id?: string;
  readonly stereo: boolean;
  readonly format: Format;
  readonly direction: Direction;
  /** Digits (0-9 A-D * #), any of which, pressed by the party, stops the recording. */
  readonly terminators: string;
  readonly beep: boolean;
  /** 0..100, larger = more sensitive: minus dBFS of the quietest frame that counts as speech. */
  readonly input_sensitivity: number;
  readonly initial_timeout: number;
  readonly end_silence_timeout: number;
  readonly max_length: number;
  /** Ours: the sound of the party's digits is silence in the file. */
  readonly mask_digits: boolean;
  readonly status_url?: string;
}

/** The parameters for whoever keeps them for longer than a URL lasts: that may hold secrets. */
export const withoutStatusUrl = (parameters: RecordCallParameters): Omit<RecordCallParameters, 'status_url'> => {
  const { status_url: _, ...rest } = parameters;
  return rest;
};

/** The tracks that a direction needs, left channel first. */
export const tracksOf = (direction: Direction): readonly TrackName[] =>
  direction === 'both' ? ['speak', 'listen'] : [direction];

/** speak and listen are one channel; both is two if `stereo`, else mixed into one. */
export const channelsOf = (parameters: { direction: Direction; stereo: boolean }): 1 | 2 =>
  parameters.direction === 'both' && parameters.stereo ? 2 : 1;

/** What is taken where nothing is given. */
export const recordCallDefaults = {
  stereo: false,
  format: 'wav',
  direction: 'both',
  terminators: '',
  beep: false,
  input_sensitivity: 44,
  initial_timeout: 0,
  end_silence_timeout: 0,
  max_length: 0,
  mask_digits: false,
} as const satisfies RecordCallParameters;

/** The longest time of a parameter: a timer of Node.js holds no more. */
export const longestSeconds = 2_147_483;
