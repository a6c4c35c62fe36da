import { isHttpUrl } from '../parameter-types.ts';

/** What play and its relatives take, for error messages. */
export const playableForms = 'http(s)://..., say:TEXT, silence:SECONDS or ring:[SECONDS:]COUNTRY';

/** What is wrong with an entry to play, as the end of a sentence that begins with "it must be"; undefined if nothing is. */
export const problemOfPlayable = (entry: string): string | undefined => {
  if (isHttpUrl(entry)) return undefined;
  const [, kind, rest = ''] = /^(say|silence|ring):(.*)$/s.exec(entry) ?? [];
  switch (kind) {
    case 'say':
      return undefined;
    case 'silence':
      return isSeconds(rest.trim()) ? undefined : 'silence:SECONDS, such as silence:1.5 (a day at most)';
    case 'ring': {
      const [, seconds, country] = /^(?:([^:]*):)?([a-z]{2})$/i.exec(rest.trim()) ?? [];
      const right = country !== undefined && (seconds === undefined || isSeconds(seconds));
      return right ? undefined : 'ring:[SECONDS:]COUNTRY, such as ring:us or ring:3.5:it';
    }
    default:
      return playableForms;
  }
};

/** True for what leaves nothing to hear: an unset variable, or `say:` of one. */
export const isSilent = (entry: string): boolean => /^\s*(say:\s*)?$/.test(entry);

const isSeconds = (text: string): boolean => /^(\d+\.?\d*|\.\d+)$/.test(text) && Number(text) <= 86_400;
