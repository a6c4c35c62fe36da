import { expect, test } from 'vitest';
import { judgeRoom, judgeSpeed } from '../../../src/doctor/disk.ts';
import { judgeEncoders } from '../../../src/doctor/ffmpeg.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import { judgeKeys, judgePublicUrl } from '../../../src/doctor/http.ts';
import { judgeNode, judgeOpenFiles, judgeReceiveBuffer, judgeReceiveErrors } from '../../../src/doctor/machine.ts';
import { judgeClock, judgeMemory, judgePersistence, judgeVersion, parseInfo } from '../../../src/doctor/redis.ts';
import { judgeLocal, readOptions } from '../../../src/doctor/rtpengine.ts';

const disk = { freeBytes: 50e9, freeFiles: 1e6, kind: 0xef53 };
const limits = { refuseBelow: 5e8, warnBelow: 5e9 };
const room = (facts: Partial<typeof disk>) => judgeRoom('/data', { ...disk, ...facts }, limits).at(-1) as Finding;
const seen = { version: '10.5.3.5-1', suppressesDtmf: false, kernel: true };

test.each<[string, Finding, Finding['status'], RegExp]>([
  ['Node.js 18', judgeNode('v18.20.0'), 'fail', /v18/],
  ['Node.js 20.18', judgeNode('v20.18.9'), 'fail', /v20\.18/],
  ['Node.js 20.19', judgeNode('v20.19.0'), 'ok', /v20/],
  ['Node.js 24', judgeNode('v24.0.0'), 'ok', /v24/],
  ['Redis 5', judgeVersion('5.0.14'), 'fail', /5\.0/],
  ['Redis 7', judgeVersion('7.0.15'), 'ok', /7\.0/],
  ['no eviction', judgeMemory({ maxmemory_policy: 'noeviction', used_memory: '1000000' }), 'ok', /noeviction, 1 MB/],
  ['eviction', judgeMemory({ maxmemory_policy: 'volatile-lru' }), 'fail', /volatile-lru/],
  [
    'memory that is nearly full',
    judgeMemory({ maxmemory_policy: 'noeviction', maxmemory: '1000000000', used_memory: '900000000' }),
    'warn',
    /900 MB of 1000 MB/,
  ],
  ['an append-only file', judgePersistence({ aof_enabled: '1' }, ''), 'ok', /appendonly yes/],
  ['nothing kept', judgePersistence({ aof_enabled: '0' }, ''), 'fail', /a restart loses all/],
  ['snapshots alone', judgePersistence({ aof_enabled: '0' }, '3600 1'), 'warn', /save 3600 1/],
  ['snapshots that fail', judgePersistence({ rdb_last_bgsave_status: 'err' }, undefined), 'fail', /rdb_last_bgsave/],
  ['a clock in time', judgeClock(0.2), 'ok', /0\.20 s/],
  ['a clock that is late', judgeClock(3), 'warn', /3\.00 s behind/],
  ['a clock of another hour', judgeClock(-3600), 'fail', /3600\.00 s ahead/],
  ['both encoders', judgeEncoders(' A....D libmp3lame  MP3\n A..... aac   AAC\n'), 'ok', /aac/],
  ['no MP3', judgeEncoders(' A..... aac   AAC\n'), 'fail', /libmp3lame \(for mp3\)/],
  ['no encoders at all', judgeEncoders(''), 'fail', /aac \(for mp4\)/],
  ['enough files', judgeOpenFiles(65_536, 5_300, 500), 'ok', /65536/],
  ['too few files', judgeOpenFiles(1_024, 5_300, 500), 'warn', /5300 are needed for 500 calls/],
  ['far too few files', judgeOpenFiles(256, 5_300, 500), 'fail', /256/],
  ['usual sockets', judgeReceiveBuffer(212_992), 'ok', /212992/],
  ['small sockets', judgeReceiveBuffer(65_536), 'fail', /65536/],
  ['drops', judgeReceiveErrors(7), 'warn', /7 datagrams/],
  ['no drops', judgeReceiveErrors(0), 'ok', /none/],
  ['room', room({}), 'ok', /50\.0 GB/],
  ['little room', room({ freeBytes: 4e9 }), 'warn', /4\.0 GB/],
  ['no room', room({ freeBytes: 1e8 }), 'fail', /0\.1 GB/],
  ['no inodes', room({ freeFiles: 10 }), 'warn', /10 files/],
  ['memory for a disk', room({ kind: 0x01021994 }), 'warn', /in memory/],
  ['a network file system', room({ kind: 0x6969 }), 'warn', /network/],
  ['a quick disk', judgeSpeed('/data', 8), 'ok', /8\.0 ms/],
  ['a slow disk', judgeSpeed('/data', 220), 'warn', /220\.0 ms/],
  ['a disk that stands still', judgeSpeed('/data', 900), 'fail', /900\.0 ms/],
  ['an open API on its own machine', judgeKeys('127.0.0.1', 0), 'ok', /open to this machine/],
  ['no key for others', judgeKeys('0.0.0.0', 0), 'fail', /0\.0\.0\.0/],
  ['an old rtpengine', judgeLocal('r', { ...seen, version: '9.4.1' })[0] as Finding, 'fail', /9\.4\.1/],
  ['a good rtpengine', judgeLocal('r', seen)[0] as Finding, 'ok', /10\.5\.3\.5-1, with a kernel table/],
  ['suppressed keys', judgeLocal('r', { ...seen, suppressesDtmf: true })[1] as Finding, 'warn', /dtmf-no-suppress/],
])('%s', (_what, finding, status, found) => {
  expect(finding).toMatchObject({ status, found: expect.stringMatching(found) });
  if (status !== 'ok') expect(finding.remedy).toMatch(/\.$/);
});

test.each([
  [['rtpengine', '--table=-1', '--dtmf-no-suppress'], '', { suppressesDtmf: false, kernel: false }],
  [['rtpengine', '--table', '0'], 'dtmf-no-suppress = true\n', { suppressesDtmf: false, kernel: true }],
  [['rtpengine'], '[rtpengine]\ntable = -1\n', { suppressesDtmf: true, kernel: false }],
])('the options of rtpengine are read from %j and %j', (words, file, options) => {
  expect(readOptions(words, file)).toEqual(options);
});

test("the URL of recordings is judged by whether it leads to this machine's own address", () => {
  const listen = { host: '127.0.0.1', port: 8080 };
  const http = { listen, public_url: '' } as Parameters<typeof judgePublicUrl>[0];
  expect(judgePublicUrl(http).status).toBe('warn');
  expect(judgePublicUrl({ ...http, public_url: 'https://rec.example.com' }).status).toBe('ok');
  expect(judgePublicUrl({ ...http, listen: { host: '10.0.0.5', port: 80 } }).status).toBe('ok');
});

test("INFO's lines are read with and without carriage returns", () => {
  expect(parseInfo('# Server\r\nredis_version:7.0.15\r\nrole:master\n')).toEqual({
    redis_version: '7.0.15',
    role: 'master',
  });
});
