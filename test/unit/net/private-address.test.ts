import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressCheck, isPrivateAddress } from '../../../src/net/address-guard.ts';

describe('an address', () => {
  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.0.3',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.7',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.1.2.3',
    '::ffff:0:10.1.2.3',
    '::FFFF:192.168.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'ff02::1',
    '',
    'localhost',
    '127.1',
    '0x7f000001',
    '1.2.3.4.5',
  ])('"%s" is private or none', (ip) => {
    expect(isPrivateAddress(ip)).toBe(true);
  });

  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450:4001::1',
    '2001:4860:4860::8888',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('%s is public', (ip) => {
    expect(isPrivateAddress(ip)).toBe(false);
  });

  test('that carries an IPv4 address is what the IPv4 address is', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(isPrivateAddress(`::ffff:${ip}`)).toBe(isPrivateAddress(ip));
        expect(isPrivateAddress(`64:ff9b::${ip}`)).toBe(isPrivateAddress(ip));
      }),
    );
  });
});

describe('what scripts have sent to an address', () => {
  const allowHosts = ['10.0.0.5', '10.0.0.6:4000'];
  test.each([
    ['8.8.8.8', 4000, {}, true],
    ['10.0.0.1', 4000, {}, false],
    ['127.0.0.1', 4000, {}, false],
    ['::1', 4000, {}, false],
    ['10.0.0.1', 4000, { allowPrivate: true }, true],
    ['10.0.0.5', 4000, { allowHosts }, true],
    ['10.0.0.6', 4000, { allowHosts }, true],
    ['10.0.0.6', 4002, { allowHosts }, false],
  ])('%s, port %d, with %j: %s', (address, port, options, allowed) => {
    const check = (): void => createAddressCheck(options)(address, port);
    if (allowed) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'outbound_address_refused' }));
  });
});
