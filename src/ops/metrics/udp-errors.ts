import { readFile } from 'node:fs/promises';
import type { Sample } from './meters.ts';

/** RcvbufErrors of /proc/net/snmp, whose lines come in pairs: names, then numbers; undefined without them. */
export const receiveErrorsV4 = (snmp: string): number | undefined => {
  const [names = [], values = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Udp: '))
    .map((line) => line.split(' '));
  const value = values[names.indexOf('RcvbufErrors')];
  return value === undefined ? undefined : Number(value);
};

/** The same of /proc/net/snmp6: a name and a number in each line. */
export const receiveErrorsV6 = (snmp6: string): number | undefined => {
  const value = /^Udp6RcvbufErrors\s+(\d+)/m.exec(snmp6)?.[1];
  return value === undefined ? undefined : Number(value);
};

/** Datagrams that this network namespace's full sockets have cost, since it began; none where there is no /proc. */
export const readUdpErrors = async (): Promise<readonly Sample[]> => {
  const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const [v4, v6] = await Promise.all([read('/proc/net/snmp'), read('/proc/net/snmp6')]);
  const families = { ipv4: receiveErrorsV4(v4), ipv6: receiveErrorsV6(v6) };
  return Object.entries(families).flatMap(([family, value]) =>
    value === undefined ? [] : [{ value, labels: { family } }],
  );
};
