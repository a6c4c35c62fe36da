import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseArguments } from '../../../src/cli/arguments.ts';
import { loadConfig } from '../../../src/config/load.ts';

const read = (name: string): string => readFileSync(join('deploy', name), 'utf8');
const config = loadConfig({ file: 'deploy/config/sipreel.yaml' });

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly network_mode?: string;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
}

const compose = parse(read('compose.yaml')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
/** What the Compose specification knows of a service, as far as it is used here. */
const serviceKeys = [
  ...['build', 'command', 'depends_on', 'environment', 'healthcheck', 'image', 'network_mode', 'restart'],
  ...['stop_grace_period', 'ulimits', 'volumes'],
];

test.each(Object.entries(compose.services))(
  'compose.yaml, %s: keys, folders and neighbours exist',
  (_name, service) => {
    expect(Object.keys(service).filter((key) => !serviceKeys.includes(key))).toEqual([]);
    expect(service.network_mode).toBe('host');
    for (const volume of service.volumes ?? []) {
      const [from = ''] = volume.split(':');
      if (from.startsWith('.')) expect(existsSync(join('deploy', from)), from).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(from);
    }
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const neighbour = compose.services[other];
      expect(neighbour, other).toBeDefined();
      if (condition === 'service_healthy') expect(neighbour?.healthcheck).toHaveProperty('test');
    }
  },
);

test('compose.yaml: switch and worker are commands of ours, of the same node, and the switch may drain', () => {
  const roles = ['switch', 'worker'].map((name) => {
    const given = parseArguments(compose.services[name]?.command ?? []);
    if (given.command !== 'serve') throw new Error(`${name} is no server`);
    return {
      role: given.role,
      node: loadConfig({ file: 'deploy/config/sipreel.yaml', settings: given.settings }).node.id,
    };
  });
  expect(roles).toEqual([
    { role: 'switch', node: 'compose' },
    { role: 'worker', node: 'compose' },
  ]);
  const [, hours = '', minutes = ''] = /^(\d+)h(\d+)m$/.exec(compose.services.switch?.stop_grace_period ?? '') ?? [];
  expect(Number(hours) * 3_600_000 + Number(minutes) * 60_000).toBeGreaterThan(config.drain.limit);
});

test('the samples of drachtio-server, rtpengine and Redis have the ports that the sample configuration names', () => {
  const [drachtio] = config.sip.drachtio;
  expect(read('drachtio/drachtio.conf.xml')).toContain(`port="${drachtio?.address.port}" secret="${drachtio?.secret}"`);
  const [ng] = config.rtpengine.servers;
  for (const file of ['rtpengine/userspace.conf', 'rtpengine/kernel.conf']) {
    expect(read(file)).toContain(`listen-ng = ${ng?.host}:${ng?.port}`);
    expect(read(file)).toMatch(/^dtmf-no-suppress = true$/m);
  }
  expect(read('redis/redis.conf')).toMatch(new RegExp(`^port ${new URL(config.redis.url).port}$`, 'm'));
  expect(read('redis/haproxy.cfg')).toContain(`bind 127.0.0.1:${new URL(config.redis.url).port}`);
});

test('Prometheus asks where switch and worker of the sample answer, and so do their health checks', () => {
  const { scrape_configs } = parse(read('prometheus/prometheus.yml')) as {
    scrape_configs: [{ static_configs: [{ targets: string[] }] }];
  };
  const { listen, worker_listen } = loadConfig({ file: 'deploy/config/sipreel.yaml' }).http;
  const places = [listen, worker_listen].map((at) => (typeof at === 'object' ? `${at.host}:${at.port}` : at));
  expect(scrape_configs[0].static_configs[0].targets).toEqual(places);
  expect(JSON.stringify(compose.services.worker?.healthcheck)).toContain(`http://${places[1]}/livez`);
  const { datasources } = parse(read('grafana/provisioning/datasources/prometheus.yaml')) as {
    datasources: [{ url: string }];
  };
  expect(compose.services.prometheus?.command?.join(' ')).toContain(datasources[0].url.replace('http://', ''));
});

test('the image copies what is there, is not root, and its health check asks what the server answers', () => {
  const dockerfile = read('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
  const fromBuild = [...dockerfile.matchAll(/^COPY --from=build (.+) \S+$/gm)]
    .flatMap(([, names = '']) => names.split(' '))
    .map((name) => name.replace('/build/', ''))
    .filter((name) => name !== 'dist' && name !== 'node_modules');
  expect([...copied, ...fromBuild].filter((name) => !existsSync(name))).toEqual([]);
  expect(dockerfile.lastIndexOf('USER sipreel')).toBeGreaterThan(dockerfile.lastIndexOf('RUN '));
  expect(dockerfile).toContain(`127.0.0.1:${config.http.listen.port}/livez`);
  const command = JSON.parse(
    /^CMD (.+)$/m.exec(dockerfile.slice(dockerfile.indexOf('ENTRYPOINT')))?.[1] ?? '[]',
  ) as string[];
  expect(parseArguments(command)).toMatchObject({ command: 'serve', role: 'all', config: '/etc/sipreel/sipreel.yaml' });
});

/** Configuration in the comments of samples: `trunks: [...]`. */
const hints = readdirSync('deploy/handover').flatMap((name) =>
  [...read(`handover/${name}`).matchAll(/trunks: \[.*\](?= *(?:-->)?$)/gm)].map(([line]) => [name, line] as const),
);

test.each(hints)('handover/%s: %s is configuration', (_name, line) => {
  expect(() => loadConfig({ base: parse(line) as object })).not.toThrow();
});

test('each hand-over names its trunk', () => {
  expect(new Set(hints.map(([name]) => name)).size).toBeGreaterThanOrEqual(4);
});
