import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { ForkSource } from '../../recorder/fork/fork.ts';
import type { TrackName } from '../../recorder/recording/parameters.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import { createTurns } from '../in-turn.ts';
import type { PromptEndpoint } from '../media/prompt/endpoint.ts';
import { type Copy, openDirectCopy, openMixedCopy } from '../media/tap/copy.ts';
import type { CallPort, MethodEvent, TapPlan, TapResult } from '../swml/call-port.ts';

export interface TapsParts {
  readonly source: ForkSource;
  /** An endpoint of its own for the sum of both directions. */
  readonly createEndpoint: () => Promise<PromptEndpoint>;
  /** Throws outbound_address_refused for an address that scripts may not have anything sent to. */
  readonly permit: (address: string, port: number) => void;
  readonly tell: CallPort['tell'];
  readonly log: Logger;
}

/** The taps of one call. */
export interface Taps {
  /** See CallPort.tap. */
  start(plan: TapPlan): Promise<TapResult>;
  stop(controlId: string): Promise<'success' | 'failed'>;
  /** What a direction's payload types mean from now on. */
  mediaChanged(track: TrackName, payloads: PayloadMap): void;
  /** Ends them all; never rejects. */
  end(): Promise<void>;
}

interface Tap {
  readonly id: string;
  readonly plan: TapPlan;
  readonly copy: Copy;
  readonly details: MethodEvent['details'];
}

/** Packetization of what is sent, ms. */
export const tapPtimeMs = 20;

export const createTaps = (parts: TapsParts): Taps => {
  const { source, permit, tell, log } = parts;
  const inTurn = createTurns();
  const taps = new Map<string, Tap>();
  const spoken = new Map<TrackName, string>();
  let ended = false;

  const open = (id: string, { direction, codec, to }: TapPlan): Promise<Copy> => {
    const how = { source, id, codec, to };
    if (direction === 'both') return openMixedCopy({ ...how, createEndpoint: parts.createEndpoint, log });
    return openDirectCopy({ ...how, track: direction });
  };

  const begin = async (controlId: string, plan: TapPlan): Promise<TapResult> => {
    if (ended) throw new SipreelError('call_ended', 'the call has ended');
    if (taps.has(controlId)) {
      throw new SipreelError(
        'control_id_taken',
        `control_id ${JSON.stringify(controlId)} is in use by an active tap of this call`,
      );
    }
    const { direction, codec, to, statusUrl } = plan;
    permit(to.address, to.port);
    const id = randomUUID();
    const copy = await open(id, plan);
    const details = {
      control_id: controlId,
      tap: { type: 'audio', params: { direction } },
      device: { type: 'rtp', params: { addr: to.address, port: to.port, codec, ptime: tapPtimeMs, rate: 8000 } },
    };
    taps.set(controlId, { id, plan, copy, details });
    log.info({ control_id: controlId, direction, codec, to, from: copy.source }, 'tap');
    if (statusUrl !== undefined) tell(statusUrl, { type: 'tap', id, state: 'tapping', details });
    return { result: 'success', control_id: controlId, source: copy.source };
  };

  const finish = async (controlId: string): Promise<'success' | 'failed'> => {
    const tap = taps.get(controlId);
    if (!tap) return 'failed';
    taps.delete(controlId);
    await tap.copy.close();
    log.info({ control_id: controlId }, 'tap ended');
    const { id, plan, details } = tap;
    if (plan.statusUrl !== undefined) {
      tell(plan.statusUrl, { type: 'tap', id, state: 'finished', after: 'tapping', ...(details ? { details } : {}) });
    }
    return 'success';
  };

  return {
    start(plan) {
      const controlId = plan.controlId ?? randomUUID();
      return inTurn(() => begin(controlId, plan)).catch((thrown: unknown): TapResult => {
        const error = asSipreelError(thrown);
        log.error({ err: error, control_id: controlId }, 'tap failed: the call goes on');
        return { result: 'failed', control_id: controlId, reason: error.message };
      });
    },
    stop: (controlId) => inTurn(() => finish(controlId)),
    mediaChanged(track, payloads) {
      const codecs = audioCodecs(payloads);
      const before = spoken.get(track);
      spoken.set(track, codecs);
      if (before === undefined || before === codecs || taps.size === 0) return;
      void inTurn(async () => {
        for (const [controlId, { copy }] of taps) {
          await copy.renew(track).catch((thrown: unknown) => {
            log.error(
              { err: asSipreelError(thrown), control_id: controlId },
              'a tap does not go on: its codec changed',
            );
          });
        }
      });
    },
    end() {
      ended = true;
      return inTurn(async () => {
        for (const controlId of [...taps.keys()]) await finish(controlId);
      });
    },
  };
};

/** A copy of packets as they are goes on with another payload type when the codec changes: then it is asked for anew. */
const audioCodecs = (payloads: PayloadMap): string =>
  Object.values(payloads)
    .map(({ codec }) => codec)
    .filter((codec) => codec !== 'TELEPHONE-EVENT' && codec !== 'CN')
    .sort()
    .join(' ');
