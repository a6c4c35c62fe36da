import { pino } from 'pino';
import { createHttp, type HttpOptions } from './server.ts';

/** Stands for what no route is asked for while it is only described. */
const unused = <Part>(): Part => new Proxy({}, { get: () => () => undefined }) as Part;

/** docs/openapi.json: the OpenAPI 3.1 description of all routes, which a server also gives at /openapi.json. */
export const openApiDocument = async (): Promise<string> => {
  const http = await createHttp({
    listen: { host: '127.0.0.1', port: 0 },
    security: { access: unused(), audit: () => undefined, perMinute: 0, allowOrigins: [] },
    recordings: unused<HttpOptions['recordings']>(),
    api: unused<HttpOptions['api']>(),
    dashboard: '',
    health: () => ({ ok: true }),
    readiness: () => ({ ok: true, away: [] }),
    metrics: { access: 'read', values: async () => [] },
    log: pino({ level: 'silent' }),
  });
  try {
    return `${JSON.stringify(await http.describe(), undefined, 2)}\n`;
  } finally {
    await http.close();
  }
};
