import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';
import type { PartyDigits } from '../media/party-digits.ts';
import { describeEntry } from '../media/prompt/entry.ts';
import type { PromptPlayer } from '../media/prompt/player.ts';
import type { CallFacts, CallPort } from '../swml/call-port.ts';
import { promptForDigits } from './prompter.ts';
import { voiceOf } from './voice-of.ts';

/**
 * One who has answered and is not connected yet, as a script sees it: it can be played to and asked for digits, and hung
 * up on. What belongs to a call of its own, such as recordings, is refused.
 */
export const createCalleePort = (parts: {
  readonly facts: CallFacts;
  readonly player: PromptPlayer;
  readonly digits: PartyDigits;
  /** Aborted when it is over, whoever ended it. */
  readonly signal: AbortSignal;
  readonly hangup: () => void;
  readonly tell: CallPort['tell'];
  readonly userEvent: CallPort['userEvent'];
  readonly log: Logger;
}): CallPort => {
  const { facts, player, digits, signal, log } = parts;
  const refusal = 'the one who was called is not connected yet';
  return {
    facts,
    signal,
    state: () => (signal.aborted ? 'ended' : 'answered'),
    answer: async () => signal.throwIfAborted(),
    hangup: async () => parts.hangup(),
    async play(urls, { volumeDb, say = {} }) {
      log.info({ urls: urls.map(describeEntry) }, 'confirm: play');
      await player.play(urls, { volumeDb, voice: voiceOf(say), signal });
    },
    prompt: (urls, { volumeDb, say = {}, ...plan }) =>
      promptForDigits({ player, digits, signal }, urls, { ...plan, volumeDb }, { volumeDb, voice: voiceOf(say) }),
    sendDigits: (keys) => player.press(keys, signal),
    recordCall: async ({ control_id = '' }) => ({ result: 'failed', control_id, reason: refusal }),
    recordingEnded: async () => {
      throw new SipreelError('internal_error', refusal);
    },
    stopRecordCall: async () => 'failed',
    pauseRecordCall: async () => 'failed',
    resumeRecordCall: async () => 'failed',
    connect: async () => ({ result: 'failed', reason: 'error', text: refusal }),
    tap: async ({ controlId = '' }) => ({ result: 'failed', control_id: controlId, reason: refusal }),
    stopTap: async () => 'failed',
    refer: async () => ({ responseCode: 0, notifyCode: 0, reason: refusal }),
    userEvent: parts.userEvent,
    tell: parts.tell,
  };
};
