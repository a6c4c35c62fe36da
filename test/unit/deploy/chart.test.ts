import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseArguments } from '../../../src/cli/arguments.ts';
import { loadConfig } from '../../../src/config/load.ts';
import {
  chartVariants,
  type KubeObject,
  renderByHelm,
  renderChart,
  renderNotes,
  type Values,
  valuesOf,
} from '../../kit/render-chart.ts';

const folder = 'deploy/helm/sipreel';

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly restartPolicy?: string;
  readonly volumeMounts?: readonly { readonly name: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}

interface Probe {
  readonly httpGet: { readonly port: string; readonly path: string };
}

interface Workload {
  readonly replicas?: number;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
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
  const objects = renderChart(folder, values);
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
  for (const [{ template }, listens] of [
    [node, config.http.listen],
    [worker, config.http.worker_listen],
  ] as const) {
    const [container] = template.spec.containers;
    const mounted = container.volumeMounts?.map(({ name }) => name);
    expect(template.spec.volumes.map(({ name }) => name).sort()).toEqual(mounted?.sort());
    expect(container.ports).toEqual([{ name: 'http', containerPort: listens?.port }]);
    // Health is asked where the process is reached from outside, and Redis or calls that are up end none.
    expect(listens?.host).toBe('0.0.0.0');
    expect(container.livenessProbe?.httpGet).toEqual({ port: 'http', path: '/livez' });
    expect(container.readinessProbe?.httpGet).toEqual({ port: 'http', path: '/readyz' });
  }
  for (const name of ['reel-switch', 'reel-worker']) {
    expect(find('PodDisruptionBudget', name).spec).toMatchObject({ maxUnavailable: 1 });
  }
});

test('the chart without a shared disk: each switch has a volume and a worker of its own', () => {
  const { objects, find, workload } = rendered({ sharedClaim: '' });
  expect(objects.map(({ kind }) => kind).sort()).toEqual([
    ...['PodDisruptionBudget', 'Secret', 'Service', 'Service', 'StatefulSet'],
  ]);
  const node = workload('StatefulSet', 'reel-switch');
  const given = serveOf(node.template.spec.containers[0], 'reel-switch-0');
  expect(given.role).toBe('all');
  const config = configOf(find('Secret', 'reel-config'), given.settings);
  expect(config.encode.queue).toBe('');
  // Its worker has no port of its own: it would be the same one.
  expect(config.http.worker_listen).toBeUndefined();
  expect(node.volumeClaimTemplates?.map(({ metadata }) => metadata.name)).toEqual(['data']);
});

test('the chart configures the parts that it starts', () => {
  const { find, workload } = rendered({
    drachtioSecret: 'of_ours',
    httpPort: 8443,
    config: { log: { level: 'debug' } },
  });
  const secret = find('Secret', 'reel-config');
  const config = configOf(secret);
  const [drachtio, rtpengine] = workload('StatefulSet', 'reel-switch').template.spec.initContainers ?? [];
  const [server] = config.sip.drachtio;
  expect(drachtio?.command?.join(' ')).toContain(`port="${server?.address.port}" secret="%s"`);
  expect(secret.stringData).toMatchObject({ 'drachtio-secret': 'of_ours' });
  expect(server?.secret).toBe('of_ours');
  const [ng] = config.rtpengine.servers;
  expect(rtpengine?.command).toContain(`--listen-ng=${ng?.host}:${ng?.port}`);
  expect(rtpengine?.command).toContain('--dtmf-no-suppress');
  expect([config.http.listen.port, config.log.level]).toEqual([8443, 'debug']);
});

test('a service reaches the switches alone, and the monitor all that have metrics', () => {
  const { find, workload } = rendered({ podMonitor: true });
  const labels = {
    switch: workload('StatefulSet', 'reel-switch').template.metadata.labels,
    worker: workload('Deployment', 'reel-worker').template.metadata.labels,
  };
  for (const name of ['reel-switch', 'reel-http']) {
    expect((find('Service', name).spec as { selector: unknown }).selector).toEqual(labels.switch);
  }
  const monitor = find('PodMonitor', 'reel').spec as { selector: { matchLabels: object }; jobLabel: string };
  for (const of of Object.values(labels)) expect(of).toMatchObject(monitor.selector.matchLabels);
  // The alert rules ask for this job.
  expect(labels.switch[monitor.jobLabel]).toBe('sipreel');
});

test('workers are scaled by the age of their queue: by an adapter, by KEDA, or by nobody', () => {
  const scaled = (scaler: string) => rendered({ workers: { scaler, min: 2, max: 7, queueAgeSeconds: 33 } });
  const replicasOf = ({ workload }: ReturnType<typeof scaled>) => workload('Deployment', 'reel-worker').replicas;
  const adapter = scaled('adapter');
  expect(adapter.find('HorizontalPodAutoscaler', 'reel-worker').spec).toMatchObject({
    scaleTargetRef: { kind: 'Deployment', name: 'reel-worker' },
    ...{ minReplicas: 2, maxReplicas: 7 },
    metrics: [{ external: { target: { type: 'Value', value: '33' } } }],
  });
  const keda = scaled('keda');
  expect(keda.find('ScaledObject', 'reel-worker').spec).toMatchObject({
    scaleTargetRef: { name: 'reel-worker' },
    ...{ minReplicaCount: 2, maxReplicaCount: 7 },
    triggers: [{ type: 'prometheus', metricType: 'Value', metadata: { threshold: '33' } }],
  });
  // Replicas of the Deployment would undo at each upgrade what a scaler has done.
  expect([adapter, keda, scaled('none')].map(replicasOf)).toEqual([undefined, undefined, 2]);
});

test('a Secret of the operator takes the place of ours', () => {
  const { objects } = rendered({ configSecret: 'theirs' });
  expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  expect(JSON.stringify(objects)).not.toContain('reel-config');
  expect(JSON.stringify(objects)).toContain('"secretName":"theirs"');
});

test('values that the chart does not know, or cannot use, are refused by name', () => {
  const check = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(`${folder}/values.schema.json`, 'utf8')));
  const faults = (given: Values) => {
    check(valuesOf(folder, given));
    return check.errors?.map(({ instancePath, params }) => `${instancePath} ${JSON.stringify(params)}`) ?? [];
  };
  expect(faults({})).toEqual([]);
  expect(faults({ swiches: 3 })).toEqual([' {"additionalProperty":"swiches"}']);
  expect(faults({ workers: { scaler: 'hpa' } })).toEqual([
    '/workers/scaler {"allowedValues":["adapter","keda","none"]}',
  ]);
  expect(faults({ drachtioSecret: 'a"b' })).toHaveLength(1);
  // Each value is in the schema, and none besides.
  const { properties } = check.schema as { properties: object };
  expect(
    Object.keys(properties)
      .filter((name) => name !== 'global')
      .sort(),
  ).toEqual(Object.keys(valuesOf(folder)).sort());
});

test('what helm install says at its end has the commands for this release', () => {
  expect(renderNotes(folder, {}, 'east')).toContain('service east-http');
  expect(renderNotes(folder, {}, 'east')).toContain('/namespaces/default/sipreel_encode_queue_age_seconds');
  expect(renderNotes(folder, { sharedClaim: '' })).not.toContain('external.metrics');
});

/** By kind and name. The same configuration is written in another order by Helm, and so has another checksum. */
const comparable = (objects: readonly KubeObject[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    objects.map((object) => {
      const read = (key: string, value: unknown): unknown =>
        key === 'sipreel.yaml' ? parse(String(value)) : key === 'sipreel.io/config' ? undefined : value;
      return [`${object.kind} ${object.metadata.name}`, JSON.parse(JSON.stringify(object, read))];
    }),
  );

const helm = process.env.HELM_BIN;
test.each(helm === undefined ? [] : chartVariants)('Helm makes the same objects of %j as our tests', (values) => {
  expect(comparable(renderByHelm(String(helm), folder, values))).toEqual(comparable(renderChart(folder, values)));
});
