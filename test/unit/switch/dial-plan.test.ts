import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseDialAddress, refusalOfHeader } from '../../../src/switch/sip/dial-address.ts';
import {
  createDialPlan,
  type Dialled,
  type OutboundTrunk,
  probeTarget,
  reachable,
} from '../../../src/switch/sip/dial-plan.ts';

const trunk = (given: Partial<OutboundTrunk>): OutboundTrunk => ({
  address: { host: '192.0.2.10', port: 5060 },
  transport: 'udp',
  username: '',
  password: '',
  numbers: [],
  from: '',
  fromDomain: '',
  headers: {},
  codecs: [],
  srtp: 'off',
  ...given,
});
const plan = createDialPlan([
  { name: 'inbound only' },
  {
    name: 'germany',
    outbound: trunk({
      numbers: [
        { prefix: '+49', strip: 3, add: '0' },
        { prefix: '0049', strip: 4, add: '0' },
      ],
      username: 'user',
      password: 'secret',
      from: '+4930123456',
      headers: { 'X-Account': '42', 'X-Both': 'trunk' },
    }),
  },
  {
    name: 'extensions',
    outbound: trunk({
      address: { host: '2001:db8::1', port: 5070 },
      transport: 'tcp',
      numbers: [{ prefix: '*', strip: 1, add: '' }],
    }),
  },
  { name: 'world', outbound: trunk({ numbers: [{ prefix: '+', strip: 1, add: '00' }] }) },
]);
const party = 'sip:+15551234567@203.0.113.5';
const dial = (to: string, more: Partial<Dialled> = {}) => plan({ to, headers: {}, ...more }, party)[0];

const codeOf = (act: () => unknown): string => {
  try {
    return JSON.stringify(act());
  } catch (thrown) {
    return thrown instanceof SipreelError ? thrown.code : String(thrown);
  }
};

describe('the first trunk with a rule for the number takes it', () => {
  test.each([
    ['+4930987', 'germany', 'sip:030987@192.0.2.10:5060'],
    ['0049 (30) 98-7', 'germany', 'sip:030987@192.0.2.10:5060'],
    ['*77', 'extensions', 'sip:77@[2001:db8::1]:5070;transport=tcp'],
    ['*7#', 'extensions', 'sip:7%23@[2001:db8::1]:5070;transport=tcp'],
    ['+15550001111', 'world', 'sip:0015550001111@192.0.2.10:5060'],
  ])('%s goes by %s to %s', (to, name, uri) => {
    expect(dial(to)).toMatchObject({ trunk: name, uri });
  });

  test('a number that no rule is for is refused, and one that a rule leaves nothing of', () => {
    expect(codeOf(() => dial('12345'))).toBe('trunk_missing');
    expect(codeOf(() => dial('*'))).toBe('trunk_missing');
  });

  test('a trunk without rules takes every number as it is', () => {
    const any = createDialPlan([{ name: 'any', outbound: trunk({}) }]);
    expect(any({ to: '100', headers: {} }, party)[0].uri).toBe('sip:100@192.0.2.10:5060');
  });
});

describe('more than one trunk that takes a number', () => {
  const second = trunk({ address: { host: '192.0.2.20', port: 5060 }, codecs: ['PCMA', 'PCMU'] });
  const two = createDialPlan([
    { name: 'first', outbound: trunk({ numbers: [{ prefix: '+', strip: 1, add: '00' }] }) },
    { name: 'second', outbound: second },
  ]);
  const targets = two({ to: '+49301', headers: {} }, party);

  test('are targets one after the other, each with its own number and codecs', () => {
    expect(targets.map(({ trunk: name, uri, offered }) => [name, uri, offered?.codecs])).toEqual([
      ['first', 'sip:0049301@192.0.2.10:5060', undefined],
      ['second', 'sip:+49301@192.0.2.20:5060', ['PCMA', 'PCMU']],
    ]);
    expect(two({ to: '49301', headers: {} }, party).map((each) => each.trunk)).toEqual(['second']);
  });

  test('those that are down are passed over, and none is an error that names them', () => {
    expect(reachable(targets, (name) => name !== 'first').map((each) => each.trunk)).toEqual(['second']);
    expect(codeOf(() => reachable(targets, () => false))).toBe('trunk_down');
    expect(() => reachable(targets, () => false)).toThrow(/down are first, second/);
    // A URI that a script names goes by no trunk.
    expect(reachable(two({ to: 'sip:a@b', headers: {} }, party), () => false)).toHaveLength(1);
  });
});

test('a trunk may want a domain of its own in From, and is asked by its address', () => {
  const own = trunk({ from: '+49301', fromDomain: 'sip.example', transport: 'tcp' });
  const target = createDialPlan([{ name: 'own', outbound: own }])({ to: '1', headers: {} }, party)[0];
  expect(target.from).toBe('<sip:+49301@sip.example>');
  expect(probeTarget(own)).toEqual({ uri: 'sip:192.0.2.10:5060;transport=tcp', from: '<sip:+49301@sip.example>' });
  expect(probeTarget(trunk({}))).toEqual({ uri: 'sip:192.0.2.10:5060', from: '<sip:sipreel@localhost>' });
});

test("a trunk's header that would make the message another one is refused at the start", () => {
  const make = () => createDialPlan([{ name: 'bad', outbound: trunk({ headers: { 'X-A': '1\r\nX-Evil: 1' } }) }]);
  expect(codeOf(make)).toBe('config_invalid');
});

describe('who calls', () => {
  test.each([
    ['the number of the trunk', '+4930987', undefined, '<sip:+4930123456@192.0.2.10>'],
    ['the party, where the trunk has none', '+1555', undefined, '<sip:+15551234567@192.0.2.10>'],
    ['whom the script names', '+4930987', '+49301', '<sip:+49301@192.0.2.10>'],
    ['the URI that the script names', '+4930987', 'sip:a@b.example', '<sip:a@b.example>'],
    ['the party, at a URI', 'sip:x@192.0.2.1', undefined, '<sip:+15551234567@localhost>'],
  ])('%s', (_what, to, from, header) => {
    expect(dial(to, { from }).from).toBe(header);
  });

  test.each(['', 'sip:192.0.2.1', 'sip:a%0d%0ab@c', 'sip:a"b@c'])('a party of %j is anonymous', (uri) => {
    expect(plan({ to: 'sip:x@192.0.2.1', headers: {} }, uri)[0].from).toBe('<sip:anonymous@localhost>');
  });
});

test('the headers and the password of the trunk are sent, those of the script before them', () => {
  expect(dial('+4930987', { headers: { 'X-Both': 'script', 'X-Own': '1' } })).toMatchObject({
    headers: { 'X-Account': '42', 'X-Both': 'script', 'X-Own': '1' },
    auth: { username: 'user', password: 'secret' },
  });
  expect(dial('+4930987', { auth: { username: 'a', password: 'b' } }).auth).toEqual({ username: 'a', password: 'b' });
  expect(dial('+1555').auth).toBeUndefined();
  // The password of a trunk is no business of a URI that a script names.
  expect(dial('sip:x@192.0.2.10').auth).toBeUndefined();
});

describe('what is dialled', () => {
  test.each([
    'sip:1000@192.0.2.1',
    'sip:192.0.2.1:5080',
    'sips:a@b.example',
    'sip:a@b.example;transport=tcp;user=phone',
    'sip:a@[2001:db8::1]:5060',
    'sip:a%20b@c',
  ])('%s is a URI', (text) => {
    expect(parseDialAddress(text)).toEqual({ kind: 'uri', uri: text });
  });

  test.each([
    ['+49 (30) 12.34-5', '+493012345'],
    ['*21#', '*21#'],
    ['1000', '1000'],
  ])('%s is the number %s', (text, number) => {
    expect(parseDialAddress(text)).toEqual({ kind: 'number', number });
  });

  test.each([
    '',
    'bob',
    'sip:',
    'sip:a@',
    'sip:a b@c',
    'sip:a@b\r\nX-Evil: 1',
    'sip:a@b\nX-Evil: 1',
    'sip:a@b\r\n',
    'sip:a%0d%0aX-Evil@b',
    'sip:a%00@b',
    'sip:a:password@b',
    'sip:a@b?X-Evil=1',
    'sip:a@b?Replaces=x',
    'sip:?@b',
    'sip:a?X-Evil=1@b',
    '<sip:a@b>',
    'sip:a@b>;tag=1',
    '"x" <sip:a@b>',
    'sip:a@b, sip:c@d',
    'sip:a@b;x="y"',
    '123\r\nX-Evil: 1',
    '123\n',
    'http://b',
    'tel:+1555',
    `sip:${'a'.repeat(200)}@b`,
    '1'.repeat(40),
  ])('%j is refused', (text) => {
    expect(codeOf(() => parseDialAddress(text))).toBe('destination_invalid');
  });

  test('whatever is taken has nothing in it that could end a header or an address', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        for (const text of [one, `sip:${one}@${other}`, `sip:a@b;${one}=${other}`]) {
          try {
            const parsed = parseDialAddress(text);
            expect(parsed.kind === 'uri' ? parsed.uri : parsed.number).not.toMatch(/[^!-~]|[<>"?]/);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(SipreelError);
          }
        }
      }),
    );
  });
});

describe('headers', () => {
  test.each([
    ['X-Account', '42'],
    ['P-Asserted-Identity', '<sip:+1555@example.com>'],
    ['User-to-User', '00a1;encoding=hex'],
    ['Subject', 'caf\u00e9'],
    ['X-Empty', ''],
  ])('%s: %s is sent', (name, value) => {
    expect(refusalOfHeader(name, value)).toBeUndefined();
  });

  test.each([
    ['X-A', '1\r\nX-Evil: 1', /one line/],
    ['X-A', '1\nb', /one line/],
    ['X-A', 'a\u0000b', /one line/],
    ['X-A: b\r\nX-Evil', '1', /no name/],
    ['X A', '1', /no name/],
    ['', '1', /no name/],
    ['Via', '1', /switch itself/],
    ['from', '1', /switch itself/],
    ['Route', '<sip:evil>', /switch itself/],
    ['CONTACT', '1', /switch itself/],
    ['m', '1', /switch itself/],
    ['Content-Length', '1', /switch itself/],
    ['X-A', 'a'.repeat(1001), /1000 characters/],
  ])('%j: %j is refused', (name, value, why) => {
    expect(refusalOfHeader(name, value)).toMatch(why);
  });
});

describe('what a script says of one who is called', () => {
  const more = { fromName: 'Ann "x"\r\nEvil: 1\\', offered: { codecs: ['opus'] }, sessionExpiresS: 600 };

  test('goes to a URI', () => {
    expect(dial('sip:a@b', more)).toMatchObject({
      from: '"Ann \\"x\\"  Evil: 1\\\\" <sip:+15551234567@localhost>',
      offered: { codecs: ['opus'] },
      sessionExpiresS: 600,
    });
  });

  test('but its name is all that goes to a trunk', () => {
    const to = dial('+49301', more);
    expect(to.from).toMatch(/^"Ann .*" <sip:\+4930123456@192\.0\.2\.10>$/);
    expect(Object.keys(to)).not.toContain('offered');
    expect(Object.keys(to)).not.toContain('sessionExpiresS');
  });
});
