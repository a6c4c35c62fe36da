import type { DigitWay } from './key-press.ts';
import type { RecordCallParameters } from './parameters.ts';

/** A key press of the party; times are ms on the recording's clock. */
export interface MaskedPress {
  readonly via: DigitWay;
  readonly tStart: number;
  readonly tEnd: number;
}

/**
 * What is masked before and after a key press, ms. Packets arrive later than their sound is placed, by their jitter. A
 * sender of RTP events lets up to some 40 ms of the tone through before it knows it. INFO says little of when.
 */
const margins: Readonly<Record<DigitWay, { readonly before: number; readonly after: number }>> = {
  rfc4733: { before: 100, after: 60 },
  inband: { before: 80, after: 40 },
  info: { before: 300, after: 300 },
};

/** True if a recording has sound of the party's in which keys are to be masked. */
export const masksDigits = ({ direction, mask_digits }: RecordCallParameters): boolean =>
  mask_digits && direction !== 'listen';

/** The time that is silent in the file for a key press. */
export const maskOf = ({ via, tStart, tEnd }: MaskedPress): { readonly from: number; readonly to: number } => ({
  from: tStart - margins[via].before,
  to: tEnd + margins[via].after,
});
