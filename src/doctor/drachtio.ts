import { probeControl } from '../embedded/control-probe.ts';
import type { DrachtioServer } from '../switch/sip/server.ts';
import { type Finding, fail, messageOf, ok } from './finding.ts';

/** Asks a drachtio-server whether it takes our secret; it is told of no calls by that. */
export const checkDrachtio = async ({ address: { host, port }, secret }: DrachtioServer): Promise<Finding> => {
  const check = `drachtio ${host}:${port}`;
  try {
    const addresses = await probeControl(host, port, secret);
    if (addresses !== undefined) return ok(check, `takes calls at ${addresses.join(', ') || 'no address'}`);
    return fail(
      check,
      'it refused us',
      'Set the secret of sip.drachtio to that of its configuration (drachtio.conf.xml).',
    );
  } catch (error) {
    return fail(check, messageOf(error), 'Check that drachtio-server runs, and its address in sip.drachtio.');
  }
};
