import { SipreelError } from '../../../errors/error.ts';

/** How a text is to be spoken: say_language, say_gender and say_voice of the script. */
export interface Voice {
  /** A BCP 47 tag. Default: en-US. */
  readonly language?: string;
  /** Default: female. */
  readonly gender?: 'female' | 'male';
  /** A name of the configured command's own; espeak-ng, the default, goes by language and gender. */
  readonly voice?: string;
}

/** What is to be said, checked. */
export interface Speech {
  readonly text: string;
  readonly language: string;
  readonly gender: 'female' | 'male';
  readonly voice: string;
}

/** A tag, and never anything that a command could take for an option. */
const languageTag = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,4}$/i;
const voiceName = /^[\p{L}\p{N}][\p{L}\p{N} ._:+/@-]{0,127}$/u;

/**
 * Checks the text and its voice.
 * @throws SipreelError prompt_parameter_invalid
 */
export const speechOf = (text: string, voice: Voice, maxCharacters: number): Speech => {
  const { language = 'en-US', gender = 'female', voice: name = '' } = voice;
  const invalid = (message: string, details: Record<string, unknown>): SipreelError =>
    new SipreelError('prompt_parameter_invalid', message, { details });
  const characters = [...text].length;
  if (characters > maxCharacters) {
    throw invalid(`a text of ${characters} characters is too long to be said: ${maxCharacters} are allowed`, {
      characters,
      maxCharacters,
    });
  }
  if (!languageTag.test(language)) throw invalid(`say_language "${language}" is no language tag`, { language });
  if (name !== '' && !voiceName.test(name)) throw invalid(`say_voice "${name}" is no name of a voice`, { voice: name });
  return { text: speakable(text), language, gender, voice: name };
};

/** Line ends and control characters are breaks in speech, and nothing else. */
const speakable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trim();

/** The name of espeak-ng's voice; a female one is its variant f3. It finds the nearest region of a language by itself. */
export const espeakVoice = ({ language, gender }: Speech): string =>
  gender === 'female' ? `${language.toLowerCase()}+f3` : language.toLowerCase();

/**
 * The command with its placeholders filled: {voice} is espeak-ng's name for language and gender; {language}, {gender} and
 * {say_voice} are the script's words. The text is none of them: it goes to standard input.
 */
export const fillCommand = (template: readonly string[], speech: Speech): readonly string[] => {
  const values: Readonly<Record<string, string>> = {
    voice: espeakVoice(speech),
    language: speech.language,
    gender: speech.gender,
    say_voice: speech.voice,
  };
  return template.map((argument) => argument.replace(/\{([a-z_]+)\}/g, (whole, name: string) => values[name] ?? whole));
};
