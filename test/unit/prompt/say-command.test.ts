import { describe, expect, it } from 'vitest';
import { fillCommand, speechOf, type Voice } from '../../../src/switch/media/prompt/say-command.ts';

const espeak = ['espeak-ng', '-v', '{voice}', '--stdin', '--stdout'];

describe('the command that speaks a text', () => {
  it.each<[Voice, string]>([
    [{}, 'en-us+f3'],
    [{ gender: 'male' }, 'en-us'],
    [{ language: 'de-DE' }, 'de-de+f3'],
    [{ language: 'pt-BR', gender: 'male', voice: 'Polly.Vitoria' }, 'pt-br'],
  ])("gives espeak-ng a voice for %j: '%s'", (voice, expected) => {
    expect(fillCommand(espeak, speechOf('hello', voice, 100))).toEqual([
      'espeak-ng',
      '-v',
      expected,
      '--stdin',
      '--stdout',
    ]);
  });

  it('gives another program the words of the script', () => {
    const speech = speechOf('hello', { language: 'fr-CA', gender: 'male', voice: 'Chantal (v2)'.slice(0, 7) }, 100);
    expect(fillCommand(['tts', '--in={language}', '{gender}', '{say_voice}', '{other}'], speech)).toEqual([
      'tts',
      '--in=fr-CA',
      'male',
      'Chantal',
      '{other}',
    ]);
  });

  it('never holds the text', () => {
    const speech = speechOf('{voice} --help', {}, 100);
    expect(fillCommand([...espeak, '{text}'], speech)).toEqual([
      'espeak-ng',
      '-v',
      'en-us+f3',
      '--stdin',
      '--stdout',
      '{text}',
    ]);
  });

  it('makes control characters breaks', () => {
    expect(speechOf('\u0000one\r\ntwo\u001b[2J\n', {}, 100).text).toBe('one two [2J');
  });

  it.each<[string, Voice]>([
    ['x'.repeat(101), {}],
    ['hello', { language: '-v' }],
    ['hello', { language: 'en us' }],
    ['hello', { language: '../../etc/passwd' }],
    ['hello', { language: '' }],
    ['hello', { voice: '--path=/tmp' }],
    ['hello', { voice: 'a\nb' }],
  ])('is refused for %j %j', (text, voice) => {
    expect(() => speechOf(text, voice, 100)).toThrow(expect.objectContaining({ code: 'prompt_parameter_invalid' }));
  });

  it('counts characters, not bytes or halves of them', () => {
    expect(speechOf('😀'.repeat(100), {}, 100).text.length).toBe(200);
  });
});
