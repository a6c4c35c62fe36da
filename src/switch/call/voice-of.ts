import type { Voice } from '../media/prompt/say-command.ts';
import type { PlayOptions } from '../swml/call-port.ts';

/** How a text is spoken: what is not said is left to the configuration. */
export const voiceOf = ({ voice, language, gender }: NonNullable<PlayOptions['say']>): Voice => ({
  ...(voice === undefined ? {} : { voice }),
  ...(language === undefined ? {} : { language }),
  ...(gender === 'male' || gender === 'female' ? { gender } : {}),
});
