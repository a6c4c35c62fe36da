import { percentDecoded } from '../../net/percent-decoded.ts';

/**
 * The number or name in a party's URI, by which recordings are looked up: `+4930123` for sip:+4930123@192.0.2.1;user=phone
 * and for tel:+4930123 (RFC 3261 §19.1.1, RFC 3966). What is no such URI stands for itself.
 */
export const partyNumber = (party: string): string => {
  const found = /^sips?:([^@]*)@/i.exec(party)?.[1] ?? /^tel:([^;]*)/i.exec(party)?.[1];
  // Parameters and a password of the user part name nobody.
  const user = (found ?? party).split(/[;:]/)[0] ?? '';
  if (found === undefined || user === '') return party;
  return percentDecoded(user);
};
