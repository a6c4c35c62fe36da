import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputOf } from '../../kit/block-class.ts';
import { runCli } from '../../kit/cli.ts';
import { snapshot } from './snapshot.ts';
import { captureTroubledCall, troubledCall } from './troubled-call.ts';

let root: string;
let dir: string;
let before: Record<string, string>;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-inspect-'));
  dir = await captureTroubledCall(root);
  before = await snapshot(dir);
});
afterAll(async () => {
  expect(await snapshot(dir), 'the spool was only read').toEqual(before);
  await rm(root, { recursive: true, force: true });
});

const { lostInARow, key, gap, newSsrcAtS, codecChangeAtS, pause, ssrcs, lengthS } = troubledCall;
/** Within 50 ms: a packet comes when its sound is over, 60 ms at most, and 10 ms later by the network. */
const near = (seconds: number) => expect.closeTo(seconds + 0.025, 1);

describe('sipreel inspect', () => {
  it('tells as JSON what happened, and when', async () => {
    const { code, stdout, stderr } = await runCli(['inspect', dir, '--json', '--width', '68']);
    expect(code, stderr).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      spool: dir,
      direction: 'both',
      stereo: true,
      ended: true,
      end_reason: 'stop',
      length_s: lengthS,
      file_s: lengthS - (pause.toS - pause.fromS),
      pauses: [{ from_s: pause.fromS, to_s: pause.toS, behavior: 'skip' }],
      damaged_lines: 0,
      problems: [],
    });
    const { speak, listen } = found.tracks;
    expect(speak).toMatchObject({
      lost: lostInARow,
      late: 0,
      duplicates: 0,
      ssrcs: [{ ssrc: ssrcs[0] }, { ssrc: ssrcs[1], from_s: near(newSsrcAtS) }],
      codecs: [
        { codec: 'PCMU', payload_type: 0, ptime_ms: 20 },
        { codec: 'PCMA', payload_type: 8, ptime_ms: 60, from_s: near(codecChangeAtS) },
      ],
      keys: [{ digit: key.digit, via: 'rfc4733', from_s: near(key.atS) }],
      losses: [{ at_s: near(8.2), packets: lostInARow }],
      gaps: [
        { from_s: near(8), to_s: near(8.2) },
        { from_s: near(gap.fromS), to_s: near(gap.toS) },
      ],
      timestamp_jumps: 0,
      unknown_payloads: {},
    });
    // The sender's clock is 200 ppm fast, and 13 s under 10 ms of jitter tell so to some 10 %.
    expect(Math.abs(speak.drift_ppm - 200)).toBeLessThan(40);
    expect(speak.jitter_ms).toBeGreaterThan(2);
    expect(speak.jitter_ms).toBeLessThan(10);
    expect(listen).toMatchObject({ packets: 1400, lost: 0, jitter_ms: 0, rtcp: 4, losses: [], gaps: [], keys: [] });
    expect(listen.peak_dbfs).toBeCloseTo(-20, 0);
    expect(speak.peaks_dbfs).toHaveLength(60);
  });

  it('draws a picture with a line of sound and a line of marks for each direction', async () => {
    const { stdout } = await runCli(['inspect', dir, '--width', '68']);
    const lines = stdout.split('\n');
    const at = lines.findIndex((line) => line.startsWith('speak   ') && /[▁▂▃▄▅▆▇█]/.test(line));
    const [ruler = '', speak = '', speakMarks = '', listen = ''] = lines
      .slice(at - 1, at + 3)
      .map((line) => line.slice(8));
    const column = (seconds: number): number => Math.floor((seconds * 60) / lengthS);
    expect(ruler).toMatch(/^\|0s +\|5s +\|10s/);
    expect(speak).toHaveLength(60);
    expect(listen.startsWith('▆▆▆▆▆▆')).toBe(true);
    expect([speak[column(5)], speak[column(14)], speak[column(16)], speak[column(24)]]).toEqual(['▇', '▄', ' ', ' ']);
    expect(speakMarks[column(8.25)]).toBe('x');
    expect(speakMarks[column(12.1)]).toBe('5');
    expect(speakMarks[column(16)]).toBe('-');
    expect(speakMarks[column(17.05)]).toBe('s');
    expect(speakMarks[column(20.1)]).toBe('c');
    expect(speakMarks.slice(column(23), column(25))).toBe('====');
    expect(stdout).toContain('10 lost (0.97 %)');
    expect(stdout).toContain('0x22222222 from 17.0');
  });

  it('prints what docs/14-spool.md shows of it', async () => {
    const { stdout } = await runCli(['inspect', dir]);
    const idless = (text: string): string => text.replaceAll(/[\da-f]{8}-[\w-]{27}/g, 'ID');
    for (const part of outputOf('inspect').text.split('...\n')) expect(idless(stdout)).toContain(idless(part));
  });

  it('shows no key that is masked in the file', async () => {
    const masked = await captureTroubledCall(root, {
      journal: (entries) => [...entries, { event: 'masked', t: 12_200, track: 'speak', from: 11_900, to: 12_200 }],
    });
    const json = JSON.parse((await runCli(['inspect', masked, '--json'])).stdout);
    expect(json.tracks.speak).toMatchObject({ keys: [], masked: [{ from_s: 11.9, to_s: 12.2 }] });
    const { stdout } = await runCli(['inspect', masked]);
    expect(stdout).not.toContain('keys:');
    expect(stdout).toContain('masked: 11.90 s to 12.20 s');
  });

  it('says what is wrong with a damaged spool, and goes on', async () => {
    const harmed = await captureTroubledCall(root, { journal: () => [] });
    const { code, stdout } = await runCli(['inspect', harmed]);
    expect(code).toBe(0);
    expect(stdout).toContain('problem: ');
    expect(stdout).toContain('not ended, or its process died');
    expect(stdout).toContain('1021 packets');
  });
});

/** What tshark makes of a file. */
const tshark = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('tshark', args, { maxBuffer: 1e8 })).stdout;

describe('tshark', () => {
  it('reads the packets of an exported pcap as the RTP that came: count, SSRC, payload types, times', async () => {
    const file = join(root, 'call.pcap');
    const { code, stdout, stderr } = await runCli(['inspect', dir, '--json', '--pcap', file]);
    expect(code, stderr).toBe(0);
    const { pcap, tracks } = JSON.parse(stdout);
    expect(pcap).toMatchObject({ file, udp_ports: { speak: 4000, listen: 4002 } });
    for (const name of ['speak', 'listen'] as const) {
      const port = pcap.udp_ports[name];
      const lines = await tshark(
        ...['-r', file, '-d', `udp.port==${port},rtp`, '-Y', `rtp && udp.port==${port}`],
        ...['-T', 'fields', '-e', 'rtp.ssrc', '-e', 'rtp.p_type', '-e', 'frame.time_epoch', '-e', 'ip.checksum.status'],
      );
      const packets = lines
        .trim()
        .split('\n')
        .map((line) => line.split('\t'));
      expect(packets).toHaveLength(tracks[name].packets);
      const seen = new Set(packets.map(([ssrc]) => Number(ssrc)));
      expect([...seen]).toEqual(tracks[name].ssrcs.map(({ ssrc }: { ssrc: number }) => ssrc));
      const types = new Set(packets.map(([, type]) => Number(type)));
      expect([...types].sort((a, b) => a - b)).toEqual(name === 'speak' ? [0, 8, 101] : [0]);
      const times = packets.map(([, , time]) => Number(time));
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(29.8);
    }
    const rtcp = await tshark(
      '-r',
      file,
      '-d',
      'udp.port==4003,rtcp',
      '-Y',
      'rtcp',
      '-T',
      'fields',
      '-e',
      'rtcp.senderssrc',
    );
    expect(rtcp.trim().split('\n').map(Number)).toEqual(new Array(4).fill(0x33333333));
    expect(await tshark('-r', file, '-Y', '_ws.malformed || ip.checksum.status == 0')).toBe('');
    expect((await readFile(file)).length).toBeGreaterThan(400_000);
  });
});
