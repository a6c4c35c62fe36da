import type { Span } from './documents.ts';

/** Programs that a reader may be told to run. */
const programs = new Set([
  ...[
    'sipreel',
    'node',
    'npm',
    'npx',
    'curl',
    'git',
    'bash',
    'sh',
    'cd',
    'sudo',
    'jq',
    'make',
    'openssl',
    'ls',
    'cat',
    'tail',
  ],
  ...['systemctl', 'journalctl', 'apt', 'apt-get', 'docker', 'podman', 'helm', 'kubectl', 'redis-cli', 'redis-server'],
  ...['promtool', 'tshark', 'tcpdump', 'ffmpeg', 'ffprobe', 'ffplay', 'sipp', 'rtpengine', 'rtpengine-ctl', 'drachtio'],
]);

/** What of a command of ours stands for all of it where no file or option is named. */
const names = /^sipreel( [a-z]+| key (create|list|revoke))$/;

/** True for a span that is a line for a shell: a program with words behind it. A name alone is a name: `ffmpeg`. */
export const isCommand = ({ text }: Span): boolean => {
  const words = text.split(' ').filter((word) => !/^[A-Z_]+=/.test(word));
  return words.length > 1 && programs.has(words[0] ?? '') && !names.test(text);
};

/** The words behind sipreel of a span that names a command of ours, such as `sipreel key create`; undefined for others. */
export const commandNamed = ({ text }: Span): readonly string[] | undefined =>
  names.test(text) ? text.split(' ').slice(1) : undefined;

/** A request to the server, such as GET /api/nodes; undefined for what is none. */
export const requestOf = ({ text }: Span): { readonly method: string; readonly path: string } | undefined => {
  const [, method = '', path = ''] = /^(GET|POST|PUT|DELETE|PATCH) (\/\S*)$/.exec(text) ?? [];
  return method === '' ? undefined : { method, path };
};
