import { stateText } from './text.ts';

const tones: Readonly<Record<string, string>> = {
  recording: 'live',
  answered: 'good',
  finished: 'good',
  delivered: 'good',
  paused: 'warn',
  finishing: 'quiet',
  waiting: 'quiet',
  delivering: 'quiet',
  no_input: 'quiet',
  failed: 'bad',
  error: 'bad',
};

/** A state in a word, and in a colour for those who see it. */
export const Badge = ({ state }: { readonly state: string }) => (
  <span class={`badge ${tones[state] ?? 'quiet'}`}>{stateText(state)}</span>
);
