import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { parseEntry } from '../../media/prompt/entry.ts';
import { ringingTones } from '../../media/prompt/ringing-tones.ts';
import { anyCase, either, type JsonSchema, shaped, shapeOf } from '../shape.ts';

/** What play and its relatives take, for error messages. */
const forms = 'it must be http(s)://..., say:TEXT, silence:SECONDS or ring:[SECONDS:]COUNTRY';

/** True for what leaves nothing to hear: an unset variable, or `say:` of one. */
export const isSilent = (entry: string): boolean => /^\s*(say:\s*)?$/.test(entry);

/** An entry that can be played, or one that is silent. */
export const playable = () =>
  shaped(
    z.string({ error: forms }).superRefine((entry, check) => {
      try {
        if (!isSilent(entry)) parseEntry(entry);
      } catch (thrown) {
        if (!(thrown instanceof SipreelError)) throw thrown;
        check.addIssue({ code: 'custom', message: `${forms} (${String(thrown.details.why)})` });
      }
    }),
    () => shapeOf.sound,
  );

/** The JSON Schema of an entry; what follows the first colon of a URL is not looked at. */
export const soundSchema = (): JsonSchema => {
  const seconds = '\\s*(\\d+(\\.\\d*)?|\\.\\d+)\\s*';
  const countries = Object.keys(ringingTones).map(anyCase).join('|');
  const kinds = [
    `${anyCase('http')}[sS]?\\s*:.+`,
    `${anyCase('say')}\\s*:`,
    `${anyCase('silence')}\\s*:${seconds}$`,
    `${anyCase('ring')}\\s*:(${seconds}:)?\\s*(${countries})\\s*$`,
  ];
  return { description: forms.replace('it must be ', ''), type: 'string', pattern: `^\\s*($|${kinds.join('|')})` };
};

/** A list of them; one alone stands for a list of one. */
export const playables = () =>
  shaped(
    z.preprocess(
      (value) => (typeof value === 'string' ? [value] : value),
      z.array(playable(), { error: `each of a list: ${forms}` }).max(1_000, { error: 'it may have 1,000 entries' }),
    ),
    (own) => either(own, shapeOf.sound),
  );
