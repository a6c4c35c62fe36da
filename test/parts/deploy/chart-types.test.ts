import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { chartVariants, type KubeObject, renderChart } from '../../kit/render-chart.ts';

/** Where Kubernetes' types have the kinds that our chart makes. Those of KEDA and of the Prometheus operator are not among them. */
const typesOf: Readonly<Record<string, string>> = {
  'v1 Secret': 'core/v1',
  'v1 Service': 'core/v1',
  'apps/v1 StatefulSet': 'apps/v1',
  'apps/v1 Deployment': 'apps/v1',
  'policy/v1 PodDisruptionBudget': 'policy/v1',
  'autoscaling/v2 HorizontalPodAutoscaler': 'autoscaling/v2',
};
const ofOthers = ['keda.sh/v1alpha1 ScaledObject', 'monitoring.coreos.com/v1 PodMonitor'];

const kindOf = ({ apiVersion, kind }: KubeObject): string => `${apiVersion} ${kind}`;

/** What the compiler says of objects that are written down as what they claim to be. */
const faultsIn = async (objects: readonly KubeObject[]): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sipreel-kube-'));
  try {
    const lines = objects.map((object, i) => {
      const type = `import('kubernetes-types/${typesOf[kindOf(object)]}').${object.kind}`;
      return `export const object${i}: ${type} = ${JSON.stringify(object, undefined, 2)};`;
    });
    await writeFile(join(folder, 'objects.ts'), lines.join('\n'));
    const compilerOptions = {
      ...{ noEmit: true, strict: true, types: [], module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true },
      paths: { 'kubernetes-types/*': [resolve('node_modules/kubernetes-types/*')] },
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['objects.ts'] }));
    await promisify(execFile)('node_modules/.bin/tsc', ['-p', folder]);
    return '';
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? String(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

test('Kubernetes has each field of what the chart makes, of the type that it makes', async () => {
  const all = chartVariants.flatMap((values) => renderChart('deploy/helm/sipreel', values));
  const objects = [...new Map(all.map((object) => [JSON.stringify(object), object])).values()];
  expect(objects.map(kindOf).filter((kind) => !(kind in typesOf) && !ofOthers.includes(kind))).toEqual([]);
  expect(await faultsIn(objects.filter((object) => kindOf(object) in typesOf))).toBe('');
});

test('a field that Kubernetes does not have is told', async () => {
  const metadata = { name: 'reel' };
  const spec = { maxUnavailable: 1, selectr: {} };
  expect(await faultsIn([{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec }])).toContain(
    '"selectr"',
  );
});
