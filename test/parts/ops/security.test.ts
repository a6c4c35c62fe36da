import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer, get as getTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Scope, scopes } from '../../../src/ops/access/scopes.ts';
import { signPath } from '../../../src/ops/access/url-signature.ts';
import { followTls, readTls } from '../../../src/ops/http/tls.ts';
import { eventually } from '../eventually.ts';
import { outcome, recordOf } from '../registry/registries.ts';
import { askPort, type OpsStage, openOpsStage } from './stage.ts';

let stage: OpsStage;
let folder: string;
const keys: Record<Scope, string> = { read: '', control: '', audio: '', admin: '' };
const id = '7d5d1d3c-2d2c-4a3f-8c7d-0123456789ab';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sipreel-security-'));
  stage = await openOpsStage();
  for (const scope of scopes) keys[scope] = await stage.keyWith(scope);
  const record = recordOf({
    recording_id: id,
    url: `http://rec.example.com/x/recordings/${id}.wav?expires=1&signature=x`,
  });
  await stage.node.registry.begin(record);
  const file = join(folder, 'sound.wav');
  writeFileSync(file, 'RIFF');
  await stage.node.registry.end(id, { ...outcome, file });
});
afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

describe('scopes', () => {
  test.each<[string, string, Scope]>([
    ['GET', '/api/calls', 'read'],
    ['GET', '/api/calls/x', 'read'],
    ['GET', '/api/calls/x/recordings', 'read'],
    ['POST', '/api/calls/x/recordings', 'control'],
    ['GET', '/api/calls/x/recordings/a%2Fb', 'read'],
    ['POST', '/api/calls/x/recordings/a%2Fb/stop', 'control'],
    ['GET', '/api/recordings', 'read'],
    ['GET', '/api/recordings/x', 'read'],
    ['DELETE', '/api/recordings/x', 'admin'],
    ['PUT', '/api/recordings/x/hold', 'admin'],
    ['DELETE', '/api/recordings/x/hold', 'admin'],
    ['POST', '/api/recordings/x/stop', 'control'],
    ['POST', '/api/recordings/x/pause', 'control'],
    ['POST', '/api/recordings/x/resume', 'control'],
    ['GET', '/api/recordings/x/events', 'read'],
    ['POST', '/api/recordings/x/deliveries/1/retry', 'control'],
    ['GET', '/api/deliveries/failed', 'read'],
    ['POST', '/api/calling/calls', 'control'],
    ['GET', '/api/events?last_event_id=no', 'read'],
    ['GET', '/recordings/x.wav', 'audio'],
  ])('%s %s needs a key with %s', async (method, path, needed) => {
    const body = method === 'POST' || method === 'PUT' ? { reason: 'r' } : undefined;
    const missing = await stage.ask(method, path, { body });
    expect(missing).toMatchObject({ status: 401, json: { code: 'key_missing' } });
    expect(missing.headers['www-authenticate']).toContain('Bearer');
    for (const scope of scopes) {
      const { status, json } = await stage.ask(method, path, { key: keys[scope], body });
      const allowed = scope === needed || scope === 'admin';
      expect({ scope, refused: status === 403 }).toEqual({ scope, refused: !allowed });
      if (!allowed) expect(json).toMatchObject({ code: 'scope_missing', detail: expect.stringContaining(scope) });
    }
  });

  test.each(['/healthz', '/openapi.json', '/nowhere'])('%s needs none', async (path) => {
    expect([200, 404]).toContain((await stage.ask('GET', path)).status);
  });

  test('a key that is revoked is worth nothing, and neither is one with a wrong secret', async () => {
    const key = await stage.keyWith('read');
    expect((await stage.ask('GET', '/api/calls', { key })).status).toBe(200);
    const wrong = `${key.slice(0, -4)}AAAA`;
    expect(await stage.ask('GET', '/api/calls', { key: wrong })).toMatchObject({
      status: 401,
      json: { code: 'key_unknown' },
    });
    await stage.keys.revoke(key.split('_')[1] ?? '');
    const refused = await eventually('the key to be refused', async () => {
      const answer = await stage.ask('GET', '/api/calls', { key });
      return answer.status === 401 && answer;
    });
    expect(refused.json).toMatchObject({ code: 'key_unknown' });
  });

  test('a key may come as the password of Basic, as clients of the Relay API send it', async () => {
    const basic = Buffer.from(`project:${keys.read}`).toString('base64');
    const { status } = await stage.ask('GET', '/api/calls', { headers: { authorization: `Basic ${basic}` } });
    expect(status).toBe(200);
  });
});

describe('the URL of a recording', () => {
  const pathIn = (url: string): string => url.slice(url.indexOf('/recordings/'));

  test('is signed for those who may hear it, at the node that made it, and bare for others', async () => {
    const bare = await stage.ask('GET', `/api/recordings/${id}`, { key: keys.read });
    expect(bare.json.url).toBe(`http://rec.example.com/x/recordings/${id}.wav`);
    const audio = await stage.keyWith('read', 'audio');
    const signed = await stage.ask('GET', `/api/recordings/${id}`, { key: audio });
    expect(signed.json.url).toMatch(/^http:\/\/rec\.example\.com\/x\/recordings\/[\w-]+\.wav\?expires=\d+&signature=/);
    expect(await stage.ask('GET', pathIn(signed.json.url))).toMatchObject({ status: 200, text: 'RIFF' });
    expect(await stage.ask('HEAD', pathIn(signed.json.url))).toMatchObject({ status: 200 });
    expect((await stage.ask('GET', `/recordings/${id}.wav`, { key: keys.audio })).text).toBe('RIFF');
  });

  test.each<[string, (path: string) => string, string]>([
    ['expired', () => signPath(urlKey(), `/recordings/${id}.wav`, Date.now() / 1000 - 1), 'url_expired'],
    ['for another recording', (path) => path.replace('7d5d', '7d5e'), 'url_signature_wrong'],
    ['for another format', (path) => path.replace('.wav', '.mp3'), 'url_signature_wrong'],
    ['with a later end', (path) => path.replace(/expires=\d+/, 'expires=99999999999'), 'url_signature_wrong'],
    ['without its signature', (path) => path.replace(/&signature=.*/, ''), 'url_signature_wrong'],
    ['without its end', (path) => path.replace(/expires=\d+&/, ''), 'url_signature_wrong'],
    ['with two signatures', (path) => `${path}&signature=x`, 'url_signature_wrong'],
  ])('is refused %s', async (_what, change, code) => {
    const path = stage.ops.signedPath({ recording_id: id, format: 'wav' });
    expect(await stage.ask('GET', change(path))).toMatchObject({ status: 403, json: { code } });
  });

  test('is no way to anything else', async () => {
    const query = stage.ops.signedPath({ recording_id: id, format: 'wav' }).split('?')[1];
    for (const path of ['/api/recordings', `/api/recordings/${id}`]) {
      expect((await stage.ask('GET', `${path}?${query}`)).status, path).toBe(401);
    }
    for (const path of ['/recordings/..%2f..%2fetc%2fpasswd', '/recordings/%2e%2e/%2e%2e/etc/passwd']) {
      expect([403, 404]).toContain((await stage.ask('GET', `${path}?${query}`)).status);
      expect([400, 404]).toContain((await stage.ask('GET', path, { key: keys.audio })).status);
    }
  });

  const urlKey = (): Buffer => Buffer.from(readFileSync(join(stage.dataDir, 'url.key'), 'utf8').trim(), 'hex');

  test('is good at each node, after a restart, and when Redis has forgotten', async () => {
    const path = stage.ops.signedPath({ recording_id: id, format: 'wav' });
    const other = await stage.openOps({ dataDir: join(folder, 'other') });
    expect((await askPort(other.port, 'GET', path)).status).toBe(200);
    await stage.admin.del('test:url-key');
    const restarted = await stage.openOps();
    expect((await askPort(restarted.port, 'GET', path)).status).toBe(200);
    // A node with a key of its own goes by what the others have agreed on.
    writeFileSync(join(folder, 'url.key'), `${'ab'.repeat(32)}\n`);
    const third = await stage.openOps({ dataDir: folder });
    expect((await askPort(third.port, 'GET', path)).status).toBe(200);
    expect(readFileSync(join(folder, 'url.key'), 'utf8')).toBe(readFileSync(join(stage.dataDir, 'url.key'), 'utf8'));
    writeFileSync(join(folder, 'url.key'), 'nonsense');
    await expect(stage.openOps({ dataDir: folder })).rejects.toMatchObject({ code: 'url_key_unreadable' });
  });
});

describe('the audit', () => {
  test('says who did what to what, and what came of it', async () => {
    const from = stage.lines.length;
    const signed = stage.ops.signedPath({ recording_id: id, format: 'wav' });
    await stage.ask('GET', signed);
    await stage.ask('DELETE', '/api/recordings/unheard-of', { key: keys.admin });
    await stage.ask('POST', '/api/calls/c/recordings/a%2Fb/stop', { key: keys.control });
    await stage.ask('POST', '/api/calls/c/recordings/a%2Fb/stop', { key: keys.read });
    await stage.ask('GET', '/api/recordings?from=%2B49');
    await stage.ask('GET', '/healthz');
    const lines = stage.lines.slice(from).filter(({ msg }) => msg === 'audit');
    const address = '127.0.0.1';
    const key = (scope: Scope) => ({ by: 'key', key: keys[scope].split('_')[1], key_name: scope, address });
    expect(lines).toMatchObject([
      { action: 'recording.hear', by: 'url', address, name: `${id}.wav`, status: 200 },
      {
        action: 'recording.delete',
        ...key('admin'),
        recording_id: 'unheard-of',
        status: 404,
        code: 'recording_unknown',
      },
      { action: 'recording.stop', ...key('control'), call_id: 'c', control_id: 'a/b', status: 404 },
      { action: 'recording.stop', ...key('read'), control_id: 'a/b', status: 403, code: 'scope_missing' },
      { action: 'recording.list', by: 'nobody', query: { from: '+49' }, status: 401, code: 'key_missing' },
    ]);
    expect(JSON.stringify(lines)).not.toContain(new URLSearchParams(signed.split('?')[1]).get('signature'));
    expect(JSON.stringify(lines)).not.toMatch(/sipreel_[0-9a-f]{12}_/);
  });

  test('says who asks through a proxy that is trusted, and who else says so is not believed', async () => {
    const said = async (trustProxy: readonly string[]): Promise<unknown> => {
      const { port } = await stage.openOps({ trustProxy });
      const from = stage.lines.length;
      await askPort(port, 'GET', '/api/calls/none', { key: keys.read, headers: { 'x-forwarded-for': '192.0.2.7' } });
      return stage.lines.slice(from).find(({ msg }) => msg === 'audit')?.address;
    };
    expect([await said([]), await said(['192.0.2.0/24']), await said(['127.0.0.0/8'])]).toEqual([
      ...['127.0.0.1', '127.0.0.1', '192.0.2.7'],
    ]);
  });

  test('goes to a file of its own, if there is one', async () => {
    const auditFile = join(folder, 'audit.log');
    const { port } = await stage.openOps({ auditFile });
    await askPort(port, 'GET', '/api/recordings');
    expect(JSON.parse(readFileSync(auditFile, 'utf8'))).toMatchObject({ msg: 'audit', status: 401 });
  });
});

describe('the limit of requests', () => {
  test('holds for each key, for those without one, and not for who has a signed URL', async () => {
    const { port } = await stage.openOps({ perMinute: 3 });
    const statuses = async (key?: string): Promise<number[]> => {
      const answers = [];
      for (let i = 0; i < 4; i += 1) answers.push(await askPort(port, 'GET', '/api/calls', key ? { key } : {}));
      const last = answers.at(-1);
      expect(last).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
      expect(Number(last?.headers['retry-after'])).toBeGreaterThan(5);
      return answers.map(({ status }) => status);
    };
    expect(await statuses(keys.read)).toEqual([200, 200, 200, 429]);
    expect(await statuses(keys.admin)).toEqual([200, 200, 200, 429]);
    expect(await statuses()).toEqual([401, 401, 401, 429]);
    const signed = stage.ops.signedPath({ recording_id: id, format: 'wav' });
    for (let i = 0; i < 6; i += 1) expect((await askPort(port, 'GET', signed)).status).toBe(200);
    for (let i = 0; i < 6; i += 1) expect((await askPort(port, 'GET', '/healthz')).status).toBe(200);
  });
});

describe('pages of other origins', () => {
  const origin = 'https://desk.example.com';

  test('are allowed nothing', async () => {
    const { headers } = await stage.ask('GET', '/api/calls', { key: keys.read, headers: { origin } });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect((await stage.ask('OPTIONS', '/api/calls', { headers: { origin } })).status).toBe(404);
  });

  test('are allowed what keys allow, where they are named', async () => {
    const { port } = await stage.openOps({ allowOrigins: [origin] });
    const preflight = await askPort(port, 'OPTIONS', '/api/recordings/x/stop', { headers: { origin } });
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-headers': expect.stringContaining('Authorization'),
      },
    });
    const allowed = await askPort(port, 'GET', '/api/calls', { key: keys.read, headers: { origin } });
    expect(allowed.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
    const other = await askPort(port, 'OPTIONS', '/api/calls', { headers: { origin: 'https://evil.example' } });
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

test('where there is no key it listens for nobody but its own machine', async () => {
  const bare = await openOpsStage();
  try {
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      await expect(bare.openOps({ listen: { host, port: 0 } })).rejects.toMatchObject({
        code: 'http_unprotected',
        message: expect.stringContaining(host),
      });
    }
    await expect(bare.openOps({ trustProxy: ['127.0.0.1'] }), 'others come by the proxy').rejects.toMatchObject({
      code: 'http_unprotected',
    });
    expect((await bare.ask('GET', '/api/calls')).status).toBe(200);
    expect(await bare.ask('GET', '/api/calls', { headers: { host: 'evil.example' } })).toMatchObject({
      status: 403,
      json: { code: 'origin_refused' },
    });
    await bare.keyWith('read');
    await eventually('it to be closed', async () => (await bare.ask('GET', '/api/calls')).status === 401);
  } finally {
    await bare.close();
  }
});

describe('HTTPS', () => {
  const files = { cert: '', key: '' };
  beforeAll(() => {
    files.cert = join(folder, 'cert.pem');
    files.key = join(folder, 'key.pem');
    makeCertificate('one');
  });

  const makeCertificate = (name: string): void => {
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.key];
    execFileSync('openssl', ['req', '-x509', ...key, '-out', files.cert, '-days', '1', ...subject], {
      stdio: 'ignore',
    });
  };

  test('serves with the certificate of the files', async () => {
    const { port } = await stage.openOps({ tls: files });
    const status = await new Promise<number>((resolve, reject) => {
      getTls({ host: '127.0.0.1', port, path: '/healthz', ca: readFileSync(files.cert) }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      }).on('error', reject);
    });
    expect(status).toBe(200);
    await expect(askPort(port, 'GET', '/healthz')).rejects.toThrow();
  });

  test('takes renewed files up while it runs, and goes on with the old ones where they cannot be used', async () => {
    const server = createTlsServer(readTls(files), (_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const lines: string[] = [];
    const unfollow = followTls(server, files, pino({}, { write: (line) => void lines.push(line) }), 20);
    const shown = async (): Promise<string | undefined> => {
      const { port } = server.address() as AddressInfo;
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return String(subject.CN);
    };
    try {
      expect(await shown()).toBe('one');
      writeFileSync(files.cert, 'nothing');
      await eventually('it to be told', () => lines.some((line) => line.includes('the old one goes on')));
      expect(await shown()).toBe('one');
      makeCertificate('two');
      await eventually('the new one', async () => (await shown()) === 'two');
    } finally {
      unfollow();
      server.close();
      makeCertificate('one');
    }
  });

  test('is refused with the files at fault', async () => {
    const other = join(folder, 'other.pem');
    writeFileSync(other, 'no key');
    chmodSync(other, 0o600);
    for (const wrong of [
      { ...files, key: other },
      { ...files, cert: join(folder, 'nowhere.pem') },
    ]) {
      expect(() => readTls(wrong)).toThrow(expect.objectContaining({ code: 'tls_unreadable' }));
    }
  });
});
