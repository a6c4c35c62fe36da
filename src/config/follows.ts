import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from './schema.ts';

/** What follows from a configuration without being written in it. */

/** The name of this node. */
export const nodeIdOf = (config: Config): string => config.node.id || hostname();

/** The folder of all spools. */
export const spoolRootOf = (config: Config): string => join(resolve(config.data.dir), 'spool');

/** Where ffmpeg is looked for. */
export const ffmpegOptionsOf = (config: Config): { readonly ffmpegBin?: string } =>
  config.encode.ffmpeg === '' ? {} : { ffmpegBin: config.encode.ffmpeg };

/** An address as the host of a URL (RFC 3986 section 3.2.2). */
export const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);
