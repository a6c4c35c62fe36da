import { readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';

/** A certificate by its files, in PEM form. */
export interface TlsFiles {
  /** The chain, the server's certificate first. */
  readonly cert: string;
  readonly key: string;
}

/** Reads both and sees whether they fit each other. Throws tls_unreadable. */
export const readTls = ({ cert, key }: TlsFiles): { readonly cert: Buffer; readonly key: Buffer } => {
  try {
    const read = { cert: readFileSync(cert), key: readFileSync(key) };
    createSecureContext(read);
    return read;
  } catch (cause) {
    throw new SipreelError('tls_unreadable', `http.tls (${cert}, ${key}): ${(cause as Error).message}`, { cause });
  }
};

const changedAt = ({ cert, key }: TlsFiles): string => [cert, key].map((file) => statSync(file).mtimeMs).join();

/**
 * Takes a renewed certificate up without a restart: looks each minute whether the files have changed. What is unreadable is
 * told, and the old one goes on. Ends with what it gives back.
 */
export const followTls = (server: Server, files: TlsFiles, log: Logger, everyMs = 60_000): (() => void) => {
  let seen = changedAt(files);
  const timer = setInterval(() => {
    try {
      const now = changedAt(files);
      if (now === seen) return;
      server.setSecureContext(readTls(files));
      seen = now;
      log.info({ cert: files.cert }, 'the new certificate is used from now on');
    } catch (err) {
      log.error({ err }, 'the new certificate cannot be used: the old one goes on');
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};
