/** What a log can leave out by itself, whatever field it would stand in: phone numbers, and keys that callers press. */
export const redactions = ['numbers', 'digits'] as const;

export type Redaction = (typeof redactions)[number];

export const isRedaction = (word: string): word is Redaction => redactions.some((known) => known === word);

/** What is made by us, or has to be found again in other logs; nothing in it comes from a caller's number. */
const untouched: ReadonlySet<string> = new Set([
  ...['level', 'time', 'pid', 'code', 'stack', 'type', 'call_id', 'recording_id', 'node_id', 'node', 'event_id'],
  ...['event_ids', 'sip_call_id', 'of_call', 'job_id', 'rtpengine', 'drachtio', 'redis', 'source'],
]);
/** Fields that are a number or an address with one, however short. */
const ofNumbers: ReadonlySet<string> = new Set([
  'from',
  'to',
  'number',
  'uri',
  'username',
  'target',
  'called',
  'caller',
]);
const ofDigits: ReadonlySet<string> = new Set(['digit', 'digits', 'signal', 'pressed']);

const number = '[number]';
const digits = '[digits]';
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** The user of a URI, a quoted number however short, five digits and more; a UUID is matched first, and stays. */
const numbersIn = new RegExp(
  `(${uuid})|((?:sips?|tel):)\\+?[\\w.!~*'()&=$,;?/%+#-]+?(?=@|[;>"\\s]|$)|"\\+?[\\d*#]{2,}"|(?<![0-9A-Za-z:.])\\+?\\d{5,}(?!\\.\\d)`,
  'gi',
);
const digitsIn = /\b(digits?[:=]\s*)[\dA-D*#w,]+|"[\dA-D*#]{1,}"/g;

const maskNumbers = (text: string): string =>
  text.replace(numbersIn, (whole, id?: string, scheme?: string) => {
    if (id !== undefined) return id;
    if (scheme !== undefined) return `${scheme}${number}`;
    return whole.startsWith('"') ? `"${number}"` : number;
  });

const maskDigits = (text: string): string =>
  text.replace(digitsIn, (_whole, before?: string) => (before === undefined ? `"${digits}"` : `${before}${digits}`));

/** A number alone is left out as a whole; of an address its host stays. */
const maskField = (text: string): string => {
  const masked = maskNumbers(text);
  return masked === text && text !== '' ? number : masked;
};

/** The same facts without numbers and digits, as far as each is asked for; keys stay as they are. */
export const redactFacts = (value: unknown, what: ReadonlySet<Redaction>, key = ''): unknown => {
  if (untouched.has(key)) return value;
  const hidesNumbers = what.has('numbers');
  const hidesDigits = what.has('digits');
  if (hidesDigits && ofDigits.has(key) && value !== null && typeof value !== 'object') return digits;
  if (typeof value === 'string') {
    const own = hidesNumbers ? (ofNumbers.has(key) ? maskField(value) : maskNumbers(value)) : value;
    return hidesDigits ? maskDigits(own) : own;
  }
  if (Array.isArray(value)) return value.map((each: unknown) => redactFacts(each, what, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redactFacts(inner, what, name)]));
};

/** One line of a log, in which nothing is left that `what` names. */
export const redactLine = (line: string, what: ReadonlySet<Redaction>): string =>
  `${JSON.stringify(redactFacts(JSON.parse(line), what))}\n`;
