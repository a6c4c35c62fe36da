import { SipreelError } from '../../../errors/error.ts';
import { cadenceSeconds, ringingTones } from './ringing-tones.ts';

/** One entry of a playlist, taken apart. */
export type Entry =
  | { readonly kind: 'silence'; readonly seconds: number }
  | { readonly kind: 'ring'; readonly seconds: number; readonly country: string }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'http'; readonly url: URL };

/** A day: whoever writes more has mistaken the unit. */
const longestSeconds = 86_400;

/**
 * Takes an entry of a playlist apart: `silence:SECONDS`, `ring:[SECONDS:]COUNTRY` (without seconds it rings once, the
 * pause after it included), `say:TEXT` or an http(s) URL.
 * @throws SipreelError prompt_url_invalid
 */
export const parseEntry = (entry: string): Entry => {
  const colon = entry.indexOf(':');
  const rest = entry.slice(colon + 1);
  switch (colon < 0 ? '' : entry.slice(0, colon).trim().toLowerCase()) {
    case 'silence':
      return { kind: 'silence', seconds: parseSeconds(rest, entry) };
    case 'ring':
      return parseRing(rest, entry);
    case 'say':
      return { kind: 'say', text: rest };
    case 'http':
    case 'https':
      return { kind: 'http', url: parseUrl(entry) };
    default:
      throw invalid(entry, 'it begins with none of silence:, ring:, say:, http:// and https://');
  }
};

const parseRing = (rest: string, entry: string): Entry => {
  const parts = rest.split(':');
  if (parts.length > 2) throw invalid(entry, 'it is not of the form ring:[SECONDS:]COUNTRY');
  const country = (parts.at(-1) ?? '').trim().toLowerCase();
  const tone = Object.hasOwn(ringingTones, country) ? ringingTones[country] : undefined;
  if (tone === undefined) {
    throw invalid(entry, `there is no ringing tone for "${country}", only for ${Object.keys(ringingTones).join(' ')}`);
  }
  const seconds = parts.length === 2 ? parseSeconds(parts[0] ?? '', entry) : cadenceSeconds(tone);
  return { kind: 'ring', seconds, country };
};

const parseSeconds = (text: string, entry: string): number => {
  const trimmed = text.trim();
  const seconds = /^(\d+(\.\d*)?|\.\d+)$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (!(seconds <= longestSeconds)) {
    throw invalid(entry, `"${trimmed}" is not a number of seconds from 0 to ${longestSeconds}`);
  }
  return seconds;
};

const parseUrl = (entry: string): URL => {
  const url = URL.canParse(entry.trim()) ? new URL(entry.trim()) : undefined;
  if (url === undefined) throw invalid(entry, 'it is not a URL');
  return url;
};

/** Characters of a text or of something that is no URL which an error or a log line shows. */
const shownCharacters = 60;

/** An entry as errors and logs may show it: no credentials, no query (it may be a signature), no long text. */
export const describeEntry = (entry: string): string => {
  if (/^\s*https?:/i.test(entry) && URL.canParse(entry.trim())) return describeUrl(new URL(entry.trim()));
  // What is meant as a URL may hold a password even if it is none.
  const shown = entry.replace(/\/\/[^/]*@/, '//');
  return shown.length > shownCharacters ? `${shown.slice(0, shownCharacters)}...` : shown;
};

/** A URL without user, password, query and fragment. */
export const describeUrl = (url: URL): string =>
  `${url.protocol}//${url.host}${url.pathname}${url.search ? '?...' : ''}`;

const invalid = (entry: string, why: string): SipreelError => {
  const url = describeEntry(entry);
  return new SipreelError('prompt_url_invalid', `"${url}" cannot be played: ${why}`, { details: { url, why } });
};
