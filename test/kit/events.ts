import { get } from 'node:http';

/** What a server has told at /api/events. */
export interface EndpointWatch {
  /** The names of the events of one call, in the order of their coming. */
  of(callId: string): readonly string[];
  close(): void;
}

/** Listens from now on; resolves when it does. */
export const createEndpointWatch = (url: string): Promise<EndpointWatch> =>
  new Promise((resolve, reject) => {
    const events: { readonly event: string; readonly callId: unknown }[] = [];
    let text = '';
    const request = get(url, (response) => {
      // A server that is ended with the test cuts it off.
      response.on('error', () => undefined);
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const event = /^event: (.*)$/m.exec(block)?.[1];
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (event === undefined || data === undefined) continue;
          events.push({ event, callId: (JSON.parse(data) as { call_id?: unknown }).call_id });
        }
      });
      resolve({
        of: (callId) => events.filter((each) => each.callId === callId).map(({ event }) => event),
        close: () => request.destroy(),
      });
    });
    request.on('error', reject);
  });
