import { z } from 'zod';

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Readonly<Record<string, number>> = { B: 1, kB: 1000, MB: 1_000_000, GB: 1_000_000_000 };

const withUnit = (units: Readonly<Record<string, number>>, what: string, example: string) => {
  const names = Object.keys(units).join(', ');
  return z
    .string({ error: `must be a ${what} with a unit, such as ${example} (units: ${names})` })
    .transform((text, context) => {
      const parts = /^(\d+(?:\.\d+)?)\s*([a-zA-Z/]+)$/.exec(text.trim());
      const factor = parts?.[2] === undefined ? undefined : units[parts[2]];
      if (parts?.[1] === undefined || factor === undefined) {
        context.addIssue(`must be a ${what} with a unit, such as ${example} (units: ${names})`);
        return z.NEVER;
      }
      return Math.round(Number(parts[1]) * factor);
    });
};

/** A timer of Node.js that is set for longer fires at once. */
const longestTimerMs = 24 * 86_400_000;

/** `250ms`, `5s`, `30min`, `2h`, `7d` -> milliseconds, which a timer can wait. */
export const duration = () =>
  age().refine((ms) => ms <= longestTimerMs, { error: `must be ${longestTimerMs / 86_400_000}d at most` });

/** The same, of any length: for what is compared with the time of day. */
export const age = () => withUnit(durationUnits, 'duration', '250ms, 5s or 30min');

/** `64kB`, `100MB`, `2GB` -> bytes. */
export const size = () => withUnit(sizeUnits, 'size', '64kB or 100MB');

const bitRateUnits: Readonly<Record<string, number>> = { 'bit/s': 1, 'kbit/s': 1000 };

/** `48kbit/s` -> bit/s; empty -> 0. */
export const bitRate = () =>
  z
    .literal('')
    .transform(() => 0)
    .or(withUnit(bitRateUnits, 'bit rate', '48kbit/s'));

/** `127.0.0.1:5060` or `[::1]:5060` -> host and port; port 0 picks a free one. */
export const hostPort = () =>
  z.string({ error: 'must be ADDRESS:PORT, such as 127.0.0.1:8080' }).transform((text, context) => {
    const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text.trim());
    const port = Number(parts?.[3]);
    const host = parts?.[1] ?? parts?.[2];
    if (host === undefined || port > 65_535) {
      context.addIssue('must be ADDRESS:PORT, such as 127.0.0.1:8080');
      return z.NEVER;
    }
    return { host, port };
  });
