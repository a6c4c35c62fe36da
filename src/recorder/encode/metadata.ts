/** What a recording's file says of itself to whoever opens it in a player. */
export interface FileMetadata {
  readonly recordingId: string;
  readonly callId: string;
  readonly controlId: string;
  readonly from: string;
  readonly to: string;
  /** Unix seconds. */
  readonly startTime: number;
}

/** One LIST/INFO tag of a WAV file: its four-letter name and its text. */
export interface InfoTag {
  readonly name: string;
  readonly text: string;
}

/** Longest text of one tag in UTF-16 units: enough for any address, small enough for every header we read back. */
const longestText = 500;

/** Text that is safe in a tag and as an argument: no control character, no lone surrogate, limited in length. */
export const cleanText = (text: string): string =>
  text
    .slice(0, longestText)
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go.
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();

const isoTime = (unixSeconds: number): string => {
  const time = new Date(unixSeconds * 1000);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
};

/**
 * The same few tags for every format, by ffmpeg's names of them; empty ones are left out. The comment has it all once more:
 * it is the one tag that every format keeps as it is (ID3 2.3 has only the year of a date).
 */
export const tagsOf = (metadata: FileMetadata): ReadonlyMap<string, string> => {
  const callId = cleanText(metadata.callId);
  const from = cleanText(metadata.from);
  const started = isoTime(metadata.startTime);
  const comment = [
    ['call_id', callId],
    ['control_id', cleanText(metadata.controlId)],
    ['recording_id', cleanText(metadata.recordingId)],
    ['started', started],
    ['from', from],
    ['to', cleanText(metadata.to)],
  ]
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
  return new Map(
    [
      ['title', `Call ${callId}`],
      ['artist', from],
      ['date', started],
      ['comment', comment],
    ].filter((tag): tag is [string, string] => tag[1] !== ''),
  );
};

const infoNames: ReadonlyMap<string, string> = new Map([
  ['title', 'INAM'],
  ['artist', 'IART'],
  ['date', 'ICRD'],
  ['comment', 'ICMT'],
]);

/** The tags as LIST/INFO of a WAV file. */
export const infoTags = (metadata: FileMetadata): readonly InfoTag[] =>
  [...tagsOf(metadata)].flatMap(([name, text]) => {
    const infoName = infoNames.get(name);
    return infoName === undefined ? [] : [{ name: infoName, text }];
  });
