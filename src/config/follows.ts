import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from './schema.ts';

/** What follows from a configuration without being written in it. */

/** The name of this node. */
export const nodeIdOf = (config: Config): string => config.node.id || hostname();

/** The folder of all spools. */
export const spoolRootOf = (config: Config): string => join(resolve(config.data.dir), 'spool');

/** How this node shows that it lives to those with the same data.dir, and when they count as gone. */
export const lifeOf = (
  config: Config,
): { readonly folder: string; readonly nodeId: string; readonly goneMs: number } => ({
  folder: join(resolve(config.data.dir), 'nodes'),
  nodeId: nodeIdOf(config),
  goneMs: config.data.takeover,
});

/** Whose queue of files it is: this node's, or that of all that share a data.dir. */
export const queueOf = (config: Config): string => config.encode.queue || nodeIdOf(config);

/** Milliseconds between the pieces of a file that is made while its recording lasts; 0: all at the end, as where any worker takes any job. */
export const pieceMsOf = (config: Config): number => (config.encode.queue === '' ? config.encode.piece : 0);

/** Where ffmpeg is looked for. */
export const ffmpegOptionsOf = (config: Config): { readonly ffmpegBin?: string } =>
  config.encode.ffmpeg === '' ? {} : { ffmpegBin: config.encode.ffmpeg };

/** The URL of our own HTTP server, for who has none of another name: an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export const ownUrlOf = (config: Config, { host, port }: { readonly host: string; readonly port: number }): string =>
  `${config.http.tls.cert === '' ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
