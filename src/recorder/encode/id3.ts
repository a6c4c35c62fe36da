import { type FileMetadata, tagsOf } from './metadata.ts';

const utf16 = 1;

const frame = (id: string, body: Buffer): Buffer => {
  const header = Buffer.alloc(10);
  header.write(id, 0, 'latin1');
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
};

/** UTF-16 with a byte order mark, as ID3 2.3 wants all that is not Latin-1. */
const wide = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

const textFrame = (id: string, text: string): Buffer => frame(id, Buffer.concat([Buffer.from([utf16]), wide(text)]));

const commentFrame = (text: string): Buffer =>
  frame('COMM', Buffer.concat([Buffer.from([utf16]), Buffer.from('eng', 'latin1'), wide('\0'), wide(text)]));

/** 28 bits, seven in each byte. */
const synchsafe = (size: number): Buffer =>
  Buffer.from([(size >> 21) & 0x7f, (size >> 14) & 0x7f, (size >> 7) & 0x7f, size & 0x7f]);

/** An ID3 2.3 tag with what is to be known of a recording; every player reads this version. */
export const id3Tag = (metadata: FileMetadata): Buffer => {
  const tags = tagsOf(metadata);
  const date = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(tags.get('date') ?? '');
  const frames: Buffer[] = [];
  const title = tags.get('title');
  const artist = tags.get('artist');
  const comment = tags.get('comment');
  if (title !== undefined) frames.push(textFrame('TIT2', title));
  if (artist !== undefined) frames.push(textFrame('TPE1', artist));
  if (date !== null) {
    const [, year = '', month = '', day = '', hour = '', minute = ''] = date;
    frames.push(textFrame('TYER', year), textFrame('TDAT', day + month), textFrame('TIME', hour + minute));
  }
  if (comment !== undefined) frames.push(commentFrame(comment));
  const body = Buffer.concat(frames);
  return Buffer.concat([Buffer.from('ID3\x03\x00\x00', 'latin1'), synchsafe(body.length), body]);
};

/** Bytes of the ID3 tag that a file begins with; 0 if it has none. */
export const id3Bytes = (head: Buffer): number => {
  if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3') return 0;
  const [a = 0, b = 0, c = 0, d = 0] = head.subarray(6, 10);
  return 10 + ((a << 21) | (b << 14) | (c << 7) | d);
};
