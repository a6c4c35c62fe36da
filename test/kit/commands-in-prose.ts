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

/**
 * True for a span that is a line for a shell: a program with words behind it. A name alone is a name (`ffmpeg`), and so are the
 * words that stand for a command of ours where no file or option is named (`sipreel doctor`, `sipreel key create`).
 */
export const isCommand = ({ text }: Span): boolean => {
  const words = text.split(' ').filter((word) => !/^[A-Z_]+=/.test(word));
  return words.length > 1 && programs.has(words[0] ?? '');
};

/** A request to the server, such as GET /api/nodes; undefined for what is none. */
export const requestOf = ({ text }: Span): { readonly method: string; readonly path: string } | undefined => {
  const [, method = '', path = ''] = /^(GET|POST|PUT|DELETE|PATCH) (\/\S*)$/.exec(text) ?? [];
  return method === '' ? undefined : { method, path };
};
