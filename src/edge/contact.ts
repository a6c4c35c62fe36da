import { isIP } from 'node:net';
import { EdgeError } from './error.ts';
import { parseSipUri } from './sip/address.ts';
import { parameter } from './sip/grammar.ts';

/** Where SIP is listened for. */
export interface ListenContact {
  /** An IP literal. */
  readonly address: string;
  /** 0 for any free port, the same for both transports. */
  readonly port: number;
  readonly transports: readonly ('udp' | 'tcp')[];
}

/**
 * Reads a contact in drachtio-server's form, `sip:127.0.0.1:5060;transport=udp,tcp`; 5060 and both transports are the
 * defaults. Throws EdgeError bad_contact.
 */
export function parseContact(text: string): ListenContact {
  const anyPort = /^(sips?:[^;]*):0(;|$)/.exec(text);
  const uri = parseSipUri(anyPort ? text.replace(/:0(;|$)/, '$1') : text);
  if (uri === null) throw bad(text, 'it is no SIP URI');
  if (uri.scheme === 'sips') throw bad(text, 'the edge has no TLS');
  const address = localAddress(uri.host);
  if (address === null) throw bad(text, `"${uri.host}" is neither an IP address nor localhost`);
  const listed = (parameter(uri.parameters, 'transport') ?? 'udp,tcp').toLowerCase().split(',');
  const transports = listed.map((each) => {
    if (each === 'udp' || each === 'tcp') return each;
    throw bad(text, `the edge has UDP and TCP, not "${each}"`);
  });
  return { address, port: anyPort ? 0 : (uri.port ?? 5060), transports: [...new Set(transports)] };
}

/** The address behind a host without DNS: an IP literal itself, 127.0.0.1 for localhost; null for any other name. */
export function localAddress(host: string): string | null {
  if (isIP(host) !== 0) return host;
  return host.toLowerCase() === 'localhost' ? '127.0.0.1' : null;
}

function bad(text: string, why: string): EdgeError {
  return new EdgeError('bad_contact', `the contact "${text}" can't be used: ${why}`);
}
