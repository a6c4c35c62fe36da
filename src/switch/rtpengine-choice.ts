import type { Logger } from 'pino';
import { SipreelError } from '../errors/error.ts';
import type { Rtpengine } from '../rtpengine/rtpengine.ts';

/** The rtpengine of one call. */
export interface ChosenRtpengine extends Pick<Rtpengine, 'command'> {
  /** host:port of its ng port; another one if the first did not answer the first command. */
  address(): string;
}

export const nameOf = ({ address: { host, port } }: Pick<Rtpengine, 'address'>): string => `${host}:${port}`;

/**
 * Spreads calls over the rtpengines that answer, in turn. One that does not answer the first command of a call is passed
 * over, so that a call that comes in the seconds before its death is known has another one.
 */
export const createRtpengineChoice = (rtpengines: readonly Rtpengine[], log: Logger) => {
  let next = 0;

  const pick = (tried: readonly Rtpengine[]): Rtpengine | undefined => {
    const healthy = rtpengines.filter((each) => each.healthy() && !tried.includes(each));
    return healthy[next++ % Math.max(1, healthy.length)];
  };

  /** @throws SipreelError rtpengine_away where none answers */
  return (): ChosenRtpengine => {
    const start = pick([]);
    if (!start) throw new SipreelError('rtpengine_away', `no rtpengine answers (${rtpengines.map(nameOf).join(', ')})`);
    let current = start;
    const tried: Rtpengine[] = [];
    let settled = false;

    const first: Rtpengine['command'] = async (name, parameters) => {
      const from = current;
      try {
        const reply = await from.command(name, parameters);
        settled = true;
        return reply;
      } catch (error) {
        tried.push(from);
        const other = isAway(error) ? pick(tried) : undefined;
        if (!other) throw error;
        log.warn({ rtpengine: nameOf(from), next: nameOf(other) }, 'rtpengine does not answer: the call gets another');
        // Should it have heard us after all, it has a call that nobody ends.
        const callId = parameters['call-id'];
        from
          .command('delete', { 'call-id': callId, 'delete-delay': 0 })
          .catch((err: unknown) => log.debug({ err, rtpengine: nameOf(from) }, 'nor does it answer delete'));
        current = other;
        return first(name, parameters);
      }
    };

    return {
      address: () => nameOf(current),
      command: (name, parameters) => (settled ? current.command(name, parameters) : first(name, parameters)),
    };
  };
};

const isAway = (error: unknown): boolean => error instanceof SipreelError && error.code === 'rtpengine_away';
