import type { RecordingMarks } from '../api/types.ts';
import { lengthText } from '../parts/text.ts';

export type Mark = RecordingMarks['marks'][number];

const sides = { speak: 'the party', listen: 'the other side' } as const;

/** A mark in words. */
export const markText = ({ kind, length, track, paused = 0, packets = 0 }: Mark): string => {
  const who = track ? sides[track] : '';
  switch (kind) {
    case 'pause':
      return length > 0 ? `Pause, silent for ${lengthText(paused)}` : `Pause of ${lengthText(paused)}, left out`;
    case 'key':
      return 'Key pressed';
    case 'hold':
      return `On hold by ${who} for ${lengthText(length)}`;
    case 'loss':
      return `${packets} ${packets === 1 ? 'packet' : 'packets'} lost from ${who}`;
  }
};
