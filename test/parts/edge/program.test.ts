import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drachtioBin, freePort, type SipServer, startSipServer } from './server.ts';
import { connectApplication } from './srf-application.ts';

const edgeProgram = fileURLToPath(new URL('../../../dist/edge/main.js', import.meta.url));

async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [edgeProgram, ...args]);
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk) => out.push(String(chunk)));
  child.stderr.on('data', (chunk) => err.push(String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: out.join(''), err: err.join('') };
}

describe('the control port', () => {
  let server: SipServer;

  beforeAll(async () => {
    server = await startSipServer();
  });
  afterAll(async () => {
    expect(server.isRunning(), server.log()).toBe(true);
    await server.close();
  });

  /** Says something and returns all that came until the connection closed, or for a moment. */
  async function say(bytes: string): Promise<{ text: string; closed: boolean }> {
    const socket = connect(server.controlPort, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.write(bytes);
    const closed = await new Promise<boolean>((resolve) => {
      socket.once('close', () => resolve(true));
      setTimeout(() => resolve(false), 500);
    });
    socket.destroy();
    return { text, closed };
  }

  const frame = (payload: string) => `${payload.length}#${payload}`;
  const login = () => frame(`1|authenticate|${server.secret}|`);

  test('takes an application that knows the secret, and tells it where SIP is', async () => {
    const { text, closed } = await say(login());
    const hostports = `tcp/127.0.0.1:${server.sipPort},udp/127.0.0.1:${server.sipPort}`;
    expect(text).toMatch(new RegExp(`^\\d+#\\S+\\|response\\|1\\|OK\\|${hostports}\\|v\\d.*\\|${hostports}$`));
    expect(closed).toBe(false);
  });

  test('sends away an application that does not', async () => {
    expect(await say(frame('1|authenticate|wrong|'))).toEqual({
      text: expect.stringMatching(/\|response\|1\|NO\|incorrect secret$/),
      closed: true,
    });
    await expect(connectApplication({ ...server, secret: 'wrong' })).rejects.toThrow('failed to authenticate');
  });

  test('answers ping, and repeated routes', async () => {
    const { text } = await say(
      login() + frame('2|ping') + frame('3|route|invite').repeat(2) + frame('4|remove_route|invite'),
    );
    expect(text).toMatch(/\|response\|2\|OK\|pong.*\|response\|3\|OK.*\|response\|3\|OK.*\|response\|4\|OK/s);
  });

  test('closes what speaks no frames, or says what it does not know', async () => {
    expect((await say('GET / HTTP/1.1\r\n\r\n')).closed).toBe(true);
    expect(await say(login() + frame('2|nonsense|x'))).toMatchObject({
      text: expect.stringContaining('|response|2|NO|Unknown message type'),
      closed: true,
    });
  });

  test.skipIf(drachtioBin !== undefined)('does nothing for who has not shown that it knows the secret', async () => {
    expect(await say(frame('1|route|invite'))).toMatchObject({
      text: expect.stringContaining('|NO|not authenticated'),
      closed: true,
    });
  });

  test.skipIf(drachtioBin !== undefined)('refuses a frame over 64 KB and goes on', async () => {
    const large = frame(`2|sip||\r\nINVITE sip:x SIP/2.0\r\n\r\n${'x'.repeat(100_000)}`);
    expect(await say(login() + large + frame('3|ping'))).toMatchObject({
      text: expect.stringMatching(/\|response\|2\|NOK\|.*too large.*\|response\|3\|OK\|pong/s),
      closed: false,
    });
  });
});

describe('the program', () => {
  test('ends with 0 on SIGTERM', async () => {
    const server = await startSipServer();
    const code = await server.close();
    if (drachtioBin === undefined) expect(code).toBe(0);
  });

  test('prints its arguments with --help', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--contact') });
  });

  test.each([
    [['--unknown'], '--unknown'],
    [['--port', 'x'], '"x"'],
    [['--loglevel', 'loud'], '"loud"'],
    [['--contact', 'sip:example.com'], '"example.com"'],
    [['--t1', '0'], '"0"'],
  ])('ends with 1 and a sentence for %j', async (args, why) => {
    const { code, err } = await run(...args);
    expect(code).toBe(1);
    expect(err).toContain(why);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  test('ends with 1 and says which port is taken', async () => {
    const server = await startSipServer();
    const free = String(await freePort());
    const sip = `sip:127.0.0.1:${server.sipPort}`;
    expect(await run('--contact', sip, '--port', free)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`port ${server.sipPort}: the port is taken`),
    });
    expect(await run('--contact', `sip:127.0.0.1:${free}`, '--port', String(server.controlPort))).toMatchObject({
      code: 1,
      err: expect.stringContaining(`port ${server.controlPort}: the port is taken`),
    });
    await server.close();
  });
});
