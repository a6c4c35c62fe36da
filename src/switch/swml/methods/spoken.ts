import { choice, number, text } from '../parameter-types.ts';

/** How loud entries are played, and how texts among them are spoken. */
export const soundParameters = {
  volume: number({ min: -40, max: 40, unit: 'dB' }).default(0),
  say_voice: text('the name of a voice').optional(),
  say_language: text('a language such as en-US').optional(),
  say_gender: choice(['male', 'female']).optional(),
};

/** What is not given is what the variables say_voice, say_language and say_gender say. */
export const soundOf = (
  given: {
    readonly volume: number;
    readonly say_voice?: string | undefined;
    readonly say_language?: string | undefined;
    readonly say_gender?: string | undefined;
  },
  get: (name: string) => unknown,
) => ({
  volumeDb: given.volume,
  say: {
    voice: given.say_voice ?? textVariable(get('say_voice')),
    language: given.say_language ?? textVariable(get('say_language')),
    gender: given.say_gender ?? textVariable(get('say_gender')),
  },
});

const textVariable = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
