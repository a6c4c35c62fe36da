import type { Pause } from '../recording/pauses.ts';
import type { InspectedTrack, Inspection } from './inspect-spool.ts';

const blocks = ' ▁▂▃▄▅▆▇█';
/** Below this a block is empty. */
const quietestDb = -60;

/** One column of sound as a block. */
const blockOf = (db: number): string => {
  const share = Math.max(0, Math.min(1, (db - quietestDb) / -quietestDb));
  return blocks[db > quietestDb ? 1 + Math.min(7, Math.floor(share * 8)) : 0] ?? ' ';
};

const labelWidth = 8;

/** How many columns of sound a picture of this width has. */
export const picturePartsOf = (width: number): number => Math.max(10, width - labelWidth);

/** Steps between marks of the ruler, seconds: those that people count in. */
const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800];
const columnsBetweenMarks = 10;

const timeText = (seconds: number, step: number): string => {
  if (step < 1) return `${seconds.toFixed(1)}s`;
  if (step < 60 && seconds < 60) return `${seconds}s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.round(seconds) % 60];
  const two = (number: number): string => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

const ruler = (lengthS: number, columns: number): string => {
  const step = steps.find((each) => (each * columns) / lengthS >= columnsBetweenMarks) ?? 28_800;
  const line = new Array<string>(columns).fill(' ');
  for (let mark = 0; mark * step < lengthS; mark++) {
    const at = Math.floor((mark * step * columns) / lengthS);
    const text = `|${timeText(mark * step, step)}`;
    if (at + text.length > columns) break;
    for (const [i, character] of [...text].entries()) line[at + i] = character;
  }
  return line.join('');
};

/** The marks below the sound of a track; what matters more is put over what matters less. */
const marks = (
  track: InspectedTrack,
  pauses: readonly Pause[],
  columns: number,
  place: (t: number) => number,
): string => {
  const line = new Array<string>(columns).fill(' ');
  const put = (t: number, character: string): void => {
    const column = Math.floor(place(t));
    if (column >= 0 && column < columns) line[column] = character;
  };
  const fill = (from: number, to: number, character: string): void => {
    for (let column = Math.max(0, Math.floor(place(from))); column < Math.min(columns, place(to)); column++) {
      line[column] = character;
    }
  };
  for (const { from, to } of track.gaps) fill(from, to, '-');
  for (const { at } of track.losses) put(at, 'x');
  for (const { at } of track.codecs.slice(1)) put(at, 'c');
  for (const { at } of track.sources.slice(1)) put(at, 's');
  for (const { from, to } of pauses) fill(from, to, '=');
  for (const { from, to } of track.masked) fill(from, to, '.');
  for (const { digit, from } of shownKeys(track)) put(from, digit === '*' ? '+' : digit);
  return line.join('');
};

/** The keys of a track that are not masked: who masks them wants nobody to read them. */
export const shownKeys = ({ keys, masked }: InspectedTrack): InspectedTrack['keys'] =>
  keys.filter((key) => !masked.some(({ from, to }) => key.from < to && key.to > from));

/** A picture of the sound: a ruler, then for each direction how loud it was and what happened to it. */
export const pictureOf = ({ spool, tracks }: Inspection, width: number): readonly string[] => {
  const columns = picturePartsOf(width);
  const lengthMs = Math.max(1, spool.stopMs - spool.startMs);
  const place = (t: number): number => ((t - spool.startMs) * columns) / lengthMs;
  const line = (label: string, text: string): string => `${label.padEnd(labelWidth)}${text}`.trimEnd();
  return [
    line('', ruler(lengthMs / 1000, columns)),
    ...tracks.flatMap((track) => [
      line(track.name, track.peaksDb.map(blockOf).join('')),
      line('', marks(track, spool.pauses, columns, place)),
    ]),
  ];
};
