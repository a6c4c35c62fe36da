const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0xa001 : value >> 1;
  return value;
});

/** CRC-16/ARC over more bytes, as LAME's tag has it; begins with 0. */
export const crc16 = (bytes: Uint8Array, before = 0): number => {
  let crc = before;
  for (let i = 0; i < bytes.length; i++) crc = (crc >> 8) ^ (table[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  return crc;
};
