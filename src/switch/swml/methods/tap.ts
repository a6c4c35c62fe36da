import { isIP } from 'node:net';
import { z } from 'zod';
import { tapPtimeMs } from '../../call/taps.ts';
import { defineMethod, onward } from '../method.ts';
import { choiceInAnyCase, httpUrl, number, text } from '../parameter-types.ts';
import { anyCase, shaped } from '../shape.ts';
import { controlId, direction } from './record-call.ts';

const form = 'it must be rtp://IP:PORT';

/** Where a tap is sent to, or why it can't be. */
const placeOf = (uri: string): { readonly address: string; readonly port: number } | string => {
  if (/^wss?:/i.test(uri)) return `sipreel sends taps as RTP, not by WebSocket: ${form}`;
  const [, host = '', port = ''] = /^rtp:\/\/(\[[^\]]*\]|[^:/?#@]*):(\d{1,5})\/?$/i.exec(uri.trim()) ?? [];
  const address = host.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0) return `${form}, IP an address and not a name`;
  if (Number(port) < 1 || Number(port) > 65_535) return `${form}, PORT from 1 to 65535`;
  return { address, port: Number(port) };
};

const parameters = z.strictObject({
  uri: shaped(
    text(form.slice(11)).superRefine((uri, check) => {
      const place = placeOf(uri);
      if (typeof place === 'string') check.addIssue({ code: 'custom', message: place });
    }),
    () => ({
      description: form.slice(11),
      type: 'string',
      pattern: `^\\s*${anyCase('rtp')}://[^/?#@]+:\\d{1,5}/?\\s*$`,
    }),
  ),
  control_id: controlId().optional(),
  direction: direction().default('speak'),
  codec: choiceInAnyCase(['PCMU', 'PCMA']).default('PCMU'),
  rtp_ptime: number({ min: 10, max: 200, unit: 'milliseconds', whole: true }).default(tapPtimeMs),
  status_url: httpUrl().optional(),
});

/**
 * `tap`: sends a live copy of the call's sound as RTP while the script goes on, until stop_tap or the end of the call. Sets
 * tap_result (success, failed), tap_uri, tap_control_id, tap_rtp_src_addr, tap_rtp_src_port, tap_ptime, tap_codec and
 * tap_rate. Failing to is a result and the script goes on.
 */
export const tap = defineMethod({
  name: 'tap',
  parameters,
  short: { scalar: 'uri' },
  stoppedBy: 'call_end',
  async run(given, { call, log, set, unset, fail, warn }) {
    const to = placeOf(given.uri);
    if (typeof to === 'string') throw fail('relay_script_internal_error', ['uri'], to);
    if (given.rtp_ptime !== tapPtimeMs)
      log.warn({ rtp_ptime: given.rtp_ptime }, 'tap: packets hold 20 ms, or as much as those that are copied');
    const tapped = await call.tap({
      controlId: given.control_id,
      direction: given.direction,
      codec: given.codec,
      to,
      statusUrl: given.status_url,
    });
    set({ tap_result: tapped.result, tap_control_id: tapped.control_id });
    if (tapped.result === 'failed') {
      for (const name of ['tap_uri', 'tap_rtp_src_addr', 'tap_rtp_src_port', 'tap_ptime', 'tap_codec', 'tap_rate'])
        unset(name);
      warn(fail('relay_script_method_execute_failed', [], `tap failed: ${tapped.reason}`));
      return onward;
    }
    set({
      tap_uri: given.uri,
      tap_rtp_src_addr: tapped.source.address,
      tap_rtp_src_port: tapped.source.port,
      tap_ptime: tapPtimeMs,
      tap_codec: given.codec,
      tap_rate: 8000,
    });
    return onward;
  },
});
