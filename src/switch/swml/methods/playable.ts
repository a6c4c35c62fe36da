import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { parseEntry } from '../../media/prompt/entry.ts';

/** What play and its relatives take, for error messages. */
const forms = 'it must be http(s)://..., say:TEXT, silence:SECONDS or ring:[SECONDS:]COUNTRY';

/** True for what leaves nothing to hear: an unset variable, or `say:` of one. */
export const isSilent = (entry: string): boolean => /^\s*(say:\s*)?$/.test(entry);

/** An entry that can be played, or one that is silent. */
export const playable = () =>
  z.string({ error: forms }).superRefine((entry, check) => {
    try {
      if (!isSilent(entry)) parseEntry(entry);
    } catch (thrown) {
      if (!(thrown instanceof SipreelError)) throw thrown;
      check.addIssue({ code: 'custom', message: `${forms} (${String(thrown.details.why)})` });
    }
  });

/** A list of them; one alone stands for a list of one. */
export const playables = () =>
  z.preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(playable(), { error: `each of a list: ${forms}` }).max(1_000, { error: 'it may have 1,000 entries' }),
  );
