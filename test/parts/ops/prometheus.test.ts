import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { metricsText } from '../../../src/ops/metrics/meters.ts';
import { createSwitchMetrics } from '../../../src/ops/metrics/switch-metrics.ts';
import { createWorkerMetrics } from '../../../src/ops/metrics/worker-metrics.ts';
import { renderChart } from '../../kit/render-chart.ts';

const run = promisify(execFile);
const folder = 'deploy/prometheus';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

let rules: readonly Rule[];
let panels: readonly Panel[];
let text: string;

beforeAll(async () => {
  const file = parse(await readFile(`${folder}/sipreel.rules.yml`, 'utf8')) as { groups: { rules: Rule[] }[] };
  rules = file.groups.flatMap((group) => group.rules);
  panels = (JSON.parse(await readFile('deploy/grafana/sipreel.json', 'utf8')) as { panels: Panel[] }).panels;
  const taken = createSwitchMetrics();
  taken.look({
    health: () => ({ accepting: true, calls: 0, drachtio: [], rtpengine: [], trunks: [] }),
    ready: () => true,
    redisReady: () => true,
    capture: {
      stats: () => ({
        ...{ recordings: 0, packets: 0, bytes: 0, strangers: 0, malformed: 0, dropped: 0 },
        threads: [],
      }),
    },
    queue: { counts: async () => ({ waiting: 0, delayed: 0, active: 0, failed: 0 }), oldestMs: async () => 0 },
    deliveries: { counts: async () => ({ waiting: 0, delivering: 0, failed: 0 }) },
    notifier: { kept: () => 0 },
    live: { listeners: () => 0 },
    room: { free: () => 1 },
    spoolRefuseBytes: 1,
  });
  const worker = createWorkerMetrics({ redisReady: () => true });
  text = (await metricsText([await taken.values(), await worker.values()])).text;
});

/** Names of metrics in an expression: what is not a label, a function or a word of PromQL. */
const metricsIn = (expr: string): string[] =>
  [...expr.replace(/"[^"]*"/g, '').matchAll(/\b((?:sipreel|nodejs|process)_\w+)/g)].map(([, name = '']) => name);

const known = (): ReadonlySet<string> => {
  const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
    ),
  );
};

const expressions = (): string[] => panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

test('promtool finds nothing wrong with the alert rules, and their tests pass', async () => {
  const checked = await run('promtool', ['check', 'rules', `${folder}/sipreel.rules.yml`]);
  expect(checked.stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  const tested = await run('promtool', ['test', 'rules', 'sipreel.test.yml'], { cwd: folder });
  expect(tested.stdout).toContain('SUCCESS');
});

test('each alert is tested, has a severity, and speaks of metrics that exist', async () => {
  const tests = await readFile(`${folder}/sipreel.test.yml`, 'utf8');
  for (const { alert, expr, labels } of rules) {
    expect(tests, alert).toContain(alert);
    expect(['critical', 'warning'], alert).toContain(labels.severity);
    expect(
      metricsIn(expr).filter((name) => !known().has(name)),
      alert,
    ).toEqual([]);
  }
});

test('the dashboard shows metrics that exist, and leaves none of ours out', () => {
  const used = new Set(expressions().flatMap(metricsIn));
  expect([...used].filter((name) => !known().has(name))).toEqual([]);
  const ours = [...text.matchAll(/^# TYPE (sipreel_\w+) /gm)].map(([, name = '']) => name);
  expect(ours.filter((name) => !used.has(name) && !used.has(`${name}_bucket`))).toEqual([]);
});

test('promtool reads each expression of the dashboard', async () => {
  const own = await mkdtemp(join(tmpdir(), 'sipreel-promql-'));
  try {
    const file = join(own, 'expressions.yml');
    const plain = expressions().map((expr) => expr.replace(/\$__(rate_interval|range)/g, '5m'));
    const recorded = plain.map((expr, i) => ({ record: `expression_${i}`, expr }));
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'all', rules: recorded }] }));
    const { stdout } = await run('promtool', ['check', 'rules', file]);
    expect(stdout).toContain(`SUCCESS: ${recorded.length} rules found`);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
});

/** What the chart's workers are scaled by: the expressions that the adapter and KEDA ask, for the namespace of the release. */
const scalers = async (): Promise<Readonly<Record<'adapter' | 'keda', string>>> => {
  const specOf = (scaler: string, kind: string) =>
    renderChart('deploy/helm/sipreel', { workers: { scaler } }).find((object) => object.kind === kind)?.spec;
  const { metrics } = specOf('adapter', 'HorizontalPodAutoscaler') as {
    metrics: [{ external: { metric: { name: string } } }];
  };
  const { triggers } = specOf('keda', 'ScaledObject') as { triggers: [{ metadata: { query: string } }] };
  const { externalRules } = parse(await readFile(`${folder}/adapter.yaml`, 'utf8')) as {
    externalRules: [{ seriesQuery: string; metricsQuery: string }];
  };
  const [{ seriesQuery, metricsQuery }] = externalRules;
  const { name } = metrics[0].external.metric;
  // The adapter's metric has the name of the series that it has found, and is asked for with the namespace of who asks.
  expect(seriesQuery).toContain(`__name__="${name}"`);
  const adapter = metricsQuery.replace('<<.Series>>', name).replace('<<.LabelMatchers>>', 'namespace="default"');
  return { adapter, keda: triggers[0].metadata.query };
};

test('workers are scaled by a metric that exists: one value, the greatest of all switches of their namespace', async () => {
  const own = await mkdtemp(join(tmpdir(), 'sipreel-scaling-'));
  try {
    const asked = Object.values(await scalers());
    expect(asked.flatMap(metricsIn).filter((name) => !known().has(name))).toEqual([]);
    const age = (labels: string, value: number) => {
      return { series: `sipreel_encode_queue_age_seconds{${labels}}`, values: `${value}x5` };
    };
    const tests = {
      input_series: [
        age('namespace="default",pod="a"', 3),
        age('namespace="default",pod="b"', 40),
        age('namespace="other",pod="a"', 99),
      ],
      promql_expr_test: asked.map((expr) => ({ expr, eval_time: '2m', exp_samples: [{ labels: '{}', value: 40 }] })),
    };
    const file = join(own, 'scaling.yml');
    await writeFile(file, JSON.stringify({ tests: [tests] }));
    expect((await run('promtool', ['test', 'rules', file])).stdout).toContain('SUCCESS');
  } finally {
    await rm(own, { recursive: true, force: true });
  }
});

test('promtool finds nothing wrong with the names and the text of our metrics', async () => {
  const lint = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  lint.stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  const over = new Promise<void>((resolve) => lint.once('close', () => resolve()));
  // Those of Node.js are prom-client's, and not all to promtool's liking.
  const ours = text.split('\n\n').filter((metric) => metric.startsWith('# HELP sipreel_'));
  lint.stdin.end(`${ours.join('\n')}\n`);
  await over;
  expect(said).toBe('');
});
