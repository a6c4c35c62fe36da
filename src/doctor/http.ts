import { X509Certificate } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { isLoopback } from '../ops/access/loopback.ts';
import { readTls } from '../ops/http/tls.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const dayMs = 86_400_000;

/** @param keys how many there are; undefined if Redis cannot tell */
export const judgeKeys = (host: string, keys: number | undefined): Finding => {
  const check = 'keys';
  const found = keys === undefined ? 'unknown while Redis is away' : `${keys}`;
  if (keys === undefined) return warn(check, found, 'Bring Redis back: the keys are in it.');
  if (keys > 0) return ok(check, found);
  if (isLoopback(host)) return ok(check, `none: the API is open to this machine, and listens at ${host} alone`);
  return fail(
    check,
    `none, and http.listen is ${host}: the server will not start`,
    'Make one: sipreel key create --name NAME --scopes read.',
  );
};

/** Throws tls_unreadable. */
export const checkTls = (http: Config['http'], now: number): readonly Finding[] => {
  const { cert } = http.tls;
  if (cert === '') return [];
  const days = (Date.parse(new X509Certificate(readTls(http.tls).cert).validTo) - now) / dayMs;
  const remedy = 'Renew the certificate; renewed files are taken up without a restart.';
  if (days < 0) return [fail('certificate', `${cert} has expired ${Math.ceil(-days)} days ago`, remedy)];
  const found = `${cert} is good for ${Math.floor(days)} days`;
  return [days < 14 ? warn('certificate', found, remedy) : ok('certificate', found)];
};

/** Whether the world can play what record_call_url says. */
export const judgePublicUrl = ({ public_url, listen }: Config['http']): Finding => {
  const check = 'record_call_url';
  if (public_url !== '') return ok(check, `begins with ${public_url}`);
  const found = `begins with http://${listen.host}:${listen.port}`;
  if (!isLoopback(listen.host) && !/^(0\.0\.0\.0|::)$/.test(listen.host)) return ok(check, found);
  return warn(check, `${found}, which other machines cannot open`, 'Set http.public_url to what the world reaches.');
};
