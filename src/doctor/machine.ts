import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import type { Config } from '../config/schema.ts';
import { isLoopback } from '../ops/access/loopback.ts';
import { receiveErrorsV4 } from '../ops/metrics/udp-errors.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** What sipreel needs of Node.js, as package.json says. */
const oldestNode = [20, 19] as const;
/** What Linux gives a socket where nobody has changed it: 2.7 s of both directions of a recording. */
const usualReceiveBytes = 212_992;

export const judgeNode = (version: string): Finding => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('Node.js', version);
  return fail('Node.js', version, `Install Node.js ${oldestMajor}.${oldestMinor} or newer.`);
};

/** @param limit undefined where there is none, or it cannot be seen */
export const judgeOpenFiles = (limit: number | undefined, needed: number, calls: number): Finding => {
  const check = 'open files';
  if (limit === undefined) return ok(check, 'no limit');
  const found = `${limit} may be open, ${needed} are needed for ${calls} calls`;
  if (limit >= needed) return ok(check, found);
  const remedy = 'Raise it (LimitNOFILE= in the systemd unit, ulimit -n in a shell) or set limits.calls.';
  return limit < 1024 ? fail(check, found, remedy) : warn(check, found, remedy);
};

export const judgeReceiveBuffer = (bytes: number | undefined): Finding => {
  const check = 'UDP receive buffer';
  if (bytes === undefined) return ok(check, 'net.core.rmem_default cannot be seen here');
  const found = `net.core.rmem_default is ${bytes} bytes`;
  if (bytes >= usualReceiveBytes) return ok(check, found);
  return fail(
    check,
    found,
    `Set net.core.rmem_default=${usualReceiveBytes} or more (/etc/sysctl.d): packets are lost whenever a thread is late.`,
  );
};

export const judgeReceiveErrors = (errors: number | undefined): Finding => {
  const check = 'UDP drops';
  if (errors === undefined || errors === 0) return ok(check, 'none since the machine has started');
  return warn(
    check,
    `${errors} datagrams were dropped by full sockets, of any program, since the machine has started`,
    'If the number grows while calls are up, raise net.core.rmem_default and see that sipreel has the CPU that it needs.',
  );
};

/** Where rtpengine has to send to: an address of this machine, and one that the rtpengines can reach. */
export const checkMediaAddress = async (
  key: string,
  address: string,
  servers: Config['rtpengine']['servers'],
): Promise<Finding> => {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    socket.bind({ address, port: 0, exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    return fail(key, `${address}: ${messageOf(error)}`, `Set ${key} to an IP address of this machine.`);
  } finally {
    socket.close();
  }
  const elsewhere = servers.find(({ host }) => !isLoopback(host));
  if (isLoopback(address) && elsewhere !== undefined) {
    return fail(
      key,
      `${address}, which the rtpengine at ${elsewhere.host} cannot reach: no sound would arrive`,
      `Set ${key} to the IP address by which ${elsewhere.host} reaches this machine.`,
    );
  }
  return ok(key, address);
};

/** Linux' own words on sockets; nothing where there is no /proc. */
export const checkSockets = async (): Promise<readonly Finding[]> => {
  const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const bytes = Number(await read('/proc/sys/net/core/rmem_default'));
  return [
    judgeReceiveBuffer(bytes > 0 ? bytes : undefined),
    judgeReceiveErrors(receiveErrorsV4(await read('/proc/net/snmp'))),
  ];
};
