import { execFile } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** What the figures were measured on. */
export const machineFacts = () => ({
  cpu: (cpus()[0]?.model ?? 'unknown').trim(),
  cores: cpus().length,
  memory_mb: Math.round(totalmem() / 1024 / 1024),
  kernel: release(),
});

/** The versions of what is measured; `unknown` where a program does not tell. */
export const versionFacts = async (): Promise<Readonly<Record<string, string>>> => {
  const [rtpengine, redis, ffmpeg] = await Promise.all([
    versionOf('rtpengine', ['--version']),
    versionOf('redis-server', ['--version']),
    versionOf('ffmpeg', ['-version']),
  ]);
  return { node: process.versions.node, rtpengine, 'redis-server': redis, ffmpeg };
};

const versionOf = (program: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(program, [...args], { timeout: 5000 }, (_error, stdout, stderr) => {
      resolve(/\d+(?:\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown');
    });
  });
