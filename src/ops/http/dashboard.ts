import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { SipreelError } from '../../errors/error.ts';

/**
 * What pages of the dashboard may do: run our own scripts, talk to this server, play recordings, which may be of another node.
 * Styles may be inline because the waveform brings its own into its shadow tree.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "media-src 'self' http: https: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Names of assets carry a hash of what is in them. */
const forEver = { maxAge: 365 * 24 * 3_600_000, immutable: true, cacheControl: true, preCompressed: true } as const;
/** Asked for at each load, and answered 304 as long as it is the same. */
const asked = { maxAge: 0, cacheControl: true, preCompressed: true } as const;

/** GET / and what it loads. It is public and shows nothing by itself: all it shows comes from the API. */
export const addDashboard = (app: FastifyInstance, folder: string): void => {
  const config = { access: 'public' } as const;
  const schema = { hide: true };
  const secured = (reply: FastifyReply): FastifyReply =>
    reply
      .header('Content-Security-Policy', policy)
      .header('Referrer-Policy', 'no-referrer')
      .header('Cross-Origin-Opener-Policy', 'same-origin');

  app.get('/', { config, schema }, (_request, reply) => {
    if (!existsSync(join(folder, 'index.html'))) {
      throw new SipreelError('not_found', `the dashboard is not built: there is no ${join(folder, 'index.html')}`);
    }
    return secured(reply).sendFile('index.html', folder, asked);
  });
  app.get('/assets/:name', { config, schema }, (request, reply) =>
    secured(reply).sendFile((request.params as { readonly name: string }).name, join(folder, 'assets'), forEver),
  );
};
