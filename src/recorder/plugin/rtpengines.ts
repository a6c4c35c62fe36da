import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { createRtpengine, type Rtpengine, type RtpengineAddress } from '../../rtpengine/rtpengine.ts';

/** The rtpengines of an application's calls, one client for each. */
export interface Rtpengines {
  /** @param address host:port of its ng port @throws SipreelError plugin_options_invalid */
  at(address: string): Pick<Rtpengine, 'command'>;
  close(): void;
}

const parse = (address: string): RtpengineAddress => {
  const [, v6, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = v6 ?? name;
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) };
  throw new SipreelError('plugin_options_invalid', `rtpengine: ${JSON.stringify(address)} must be HOST:PORT`);
};

export const createRtpengines = (log: Logger): Rtpengines => {
  const clients = new Map<string, Rtpengine>();
  return {
    at(address) {
      const known = clients.get(address);
      if (known) return known;
      // It is not pinged: the application knows best which of its rtpengines live.
      const client = createRtpengine({ address: parse(address), log });
      clients.set(address, client);
      return client;
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
};
