import type { SrfRequest } from 'drachtio-srf';
import { expect, test } from 'vitest';
import { inviteFacts } from '../../../src/switch/sip/message.ts';

test.each([
  ['<sip:+4930123@192.0.2.1;user=phone>;tag=1', 'sip:+4930123@192.0.2.1'],
  ['sip:a@b.example;tag=1', 'sip:a@b.example'],
  ['Ann <sip:ann@b.example>;tag=1', 'sip:ann@b.example'],
  ['"Ann" <sip:ann@b.example>;tag=1', 'sip:ann@b.example'],
  // A name says what its caller likes.
  ['"<sip:boss@b.example>" <sip:mallory@b.example>;tag=1', 'sip:mallory@b.example'],
  ['"\\"<sip:boss@b.example>" <sip:mallory@b.example>;tag=1', 'sip:mallory@b.example'],
  ['"<b>" <sip:ann@b.example>', 'sip:ann@b.example'],
])('From: %s is from %s', (from, uri) => {
  expect(inviteFacts({ uri: '', raw: '', headers: { from } } as unknown as SrfRequest).from).toBe(uri);
});
