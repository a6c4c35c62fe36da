import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { type KubeObject, renderChart } from '../../kit/render-chart.ts';

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly restartPolicy?: string;
  readonly volumeMounts?: readonly { readonly name: string }[];
}

interface Workload {
  readonly selector: { readonly matchLabels: unknown };
  readonly template: {
    readonly metadata: { readonly labels: unknown };
    readonly spec: {
      readonly hostNetwork?: boolean;
      readonly terminationGracePeriodSeconds: number;
      readonly containers: readonly [Container];
      readonly initContainers?: readonly Container[];
      readonly volumes: readonly { readonly name: string }[];
    };
  };
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

const rendered = (values = {}) => {
  const objects = renderChart('deploy/helm/sipreel', values);
  const find = (kind: string, name: string): KubeObject => {
    const found = objects.find((each) => each.kind === kind && each.metadata.name === name);
    if (found) return found;
    throw new Error(`no ${kind} ${name} in ${objects.map((each) => `${each.kind} ${each.metadata.name}`).join(', ')}`);
  };
  return { objects, find, workload: (kind: string, name: string) => find(kind, name).spec as Workload };
};

const configOf = (secret: KubeObject, settings: readonly string[] = []) => {
  const file = join(mkdtempSync(join(tmpdir(), 'sipreel-chart-')), 'sipreel.yaml');
  writeFileSync(file, (secret.stringData as Record<string, string>)['sipreel.yaml'] ?? '');
  return loadConfig({ file, settings });
};

/** The arguments of a container as its pod has them. */
const serveOf = ({ args = [] }: Container, pod: string) => {
  const given = parseArguments(args.map((word) => word.replace('$(POD_NAME)', pod)));
  if (given.command !== 'serve') throw new Error(`${args.join(' ')} is no server`);
  return given;
};

test('the chart on a shared disk: switches on the host network, workers by queue age, nothing lost at the end', () => {
  const { find, workload } = rendered();
  const node = workload('StatefulSet', 'reel-switch');
  const { spec } = node.template;
  expect(node.selector.matchLabels).toEqual(node.template.metadata.labels);
  expect(spec.hostNetwork).toBe(true);
  // The parts outlive the switch: they are sidecars, which end after it.
  expect(spec.initContainers?.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
    ['drachtio', 'Always'],
    ['rtpengine', 'Always'],
  ]);
  const given = serveOf(spec.containers[0], 'reel-switch-0');
  const config = configOf(find('Secret', 'reel-config'), given.settings);
  expect(given).toMatchObject({ role: 'switch', config: '/etc/sipreel/sipreel.yaml' });
  expect(config.node.id).toBe('reel-switch-0');
  expect(config.encode.queue).not.toBe('');
  expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(config.drain.limit);

  const worker = workload('Deployment', 'reel-worker');
  expect(worker.selector.matchLabels).toEqual(worker.template.metadata.labels);
  expect(serveOf(worker.template.spec.containers[0], 'w').role).toBe('worker');
  for (const { template } of [node, worker]) {
    const mounted = template.spec.containers[0].volumeMounts?.map(({ name }) => name);
    expect(template.spec.volumes.map(({ name }) => name)).toEqual(mounted);
  }
  const scaled = find('HorizontalPodAutoscaler', 'reel-worker').spec as { scaleTargetRef: { name: string } };
  expect(scaled.scaleTargetRef.name).toBe('reel-worker');
  for (const name of ['reel-switch', 'reel-worker']) {
    expect(find('PodDisruptionBudget', name).spec).toMatchObject({ maxUnavailable: 1 });
  }
});

test('the chart without a shared disk: each switch has a volume and a worker of its own', () => {
  const { objects, find, workload } = rendered({ sharedClaim: '' });
  expect(objects.map(({ kind }) => kind).sort()).toEqual(['PodDisruptionBudget', 'Secret', 'Service', 'StatefulSet']);
  const node = workload('StatefulSet', 'reel-switch');
  const given = serveOf(node.template.spec.containers[0], 'reel-switch-0');
  expect(given.role).toBe('all');
  expect(configOf(find('Secret', 'reel-config'), given.settings).encode.queue).toBe('');
  expect(node.volumeClaimTemplates?.map(({ metadata }) => metadata.name)).toEqual(['data']);
});

test('the chart configures the parts that it starts', () => {
  const { find, workload } = rendered();
  const config = configOf(find('Secret', 'reel-config'));
  const [drachtio, rtpengine] = workload('StatefulSet', 'reel-switch').template.spec.initContainers ?? [];
  const [server] = config.sip.drachtio;
  expect(drachtio?.command?.join(' ')).toContain(`port=\\"${server?.address.port}\\"`);
  expect(drachtio?.command?.at(-1)).toBe(server?.secret);
  const [ng] = config.rtpengine.servers;
  expect(rtpengine?.command).toContain(`--listen-ng=${ng?.host}:${ng?.port}`);
  expect(rtpengine?.command).toContain('--dtmf-no-suppress');
});
