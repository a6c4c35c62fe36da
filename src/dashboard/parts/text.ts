/** How things are written for people. */

const two = (number: number): string => String(number).padStart(2, '0');

/** 75 -> 1:15, 3725 -> 1:02:05; seconds. */
export const lengthText = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

/** Percent-escapes are written out; text whose escapes are none, as a caller or a link may have it, stays as it is. */
export const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** sip:+49301234@example.com -> +49301234; what is no SIP URI stays as it is. */
export const partyText = (uri: string): string => {
  const user = /^(?:.*<)?sips?:(?:([^@;>]+)@)?([^;>:]+)/i.exec(uri);
  return user ? unescaped(user[1] ?? user[2] ?? uri) : uri;
};

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 12345 -> 12.3 kB */
export const bytesText = (bytes: number): string => {
  let [value, unit] = [bytes, 0];
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || Math.abs(value) >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
};

const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Unix seconds -> the time, and the day if it is not today's. */
export const momentText = (seconds: number, now = Date.now()): string => {
  const at = new Date(seconds * 1000);
  const today = at.toDateString() === new Date(now).toDateString();
  return today ? time.format(at) : `${day.format(at)}, ${time.format(at)}`;
};

/** Unix seconds -> all of it. */
export const wholeMomentText = (seconds: number): string => whole.format(new Date(seconds * 1000));

const states: Readonly<Record<string, string>> = {
  created: 'ringing',
  answered: 'in call',
  finishing: 'being made',
  no_input: 'nobody spoke',
  error: 'failed',
};

/** The word for a state of a call or a recording. */
export const stateText = (state: string): string => states[state] ?? state;

const reasons: Readonly<Record<string, string>> = {
  stop: 'was stopped',
  terminator: 'a key ended it',
  max_length: 'longest length',
  end_silence: 'silence',
  initial_timeout: 'nobody spoke',
  hangup: 'hang-up',
  error: 'an error',
};

/** Why a recording ended. */
export const reasonText = (reason: string): string => reasons[reason] ?? reason;

/** Of all packets that were sent the share that did not come. */
export const lostShare = ({ packets, lost }: { readonly packets: number; readonly lost: number }): number =>
  lost / Math.max(1, packets + lost);

/** 0.0123 -> 1.2 % */
export const shareText = (share: number): string =>
  share === 0 ? '0 %' : share < 0.001 ? '< 0.1 %' : `${(share * 100).toFixed(1)} %`;
