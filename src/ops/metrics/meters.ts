import { Counter, collectDefaultMetrics, Gauge, Histogram, type MetricObjectWithValues, Registry } from 'prom-client';
import { version } from '../../version.ts';
import { type CounterName, type GaugeName, type HistogramName, type MetricFacts, metricFacts } from './facts.ts';

/** The metrics of one process, as another one can add them to its own. */
export type MetricValues = readonly MetricObjectWithValues<{
  readonly value: number;
  readonly labels: Partial<Record<string, string | number>>;
}>[];

/** Makes the metrics that metricFacts names. */
export interface Meters {
  counter(name: CounterName): Counter;
  /** A counter of something that is counted elsewhere: asked for at each scrape. */
  countedBy(name: CounterName, values: () => readonly Sample[] | Promise<readonly Sample[]>): void;
  gauge(name: GaugeName): Gauge;
  /** A gauge that is asked for at each scrape; without values where the asking fails. */
  gaugedBy(name: GaugeName, values: () => readonly Sample[] | Promise<readonly Sample[]>): void;
  histogram(name: HistogramName): Histogram;
  /** A histogram of something that is measured elsewhere: asked for at each scrape. */
  measuredBy(name: HistogramName, measured: () => readonly Measured[]): void;
  values(): Promise<MetricValues>;
}

/** A histogram of one set of labels, in the metric's unit. */
export interface Measured {
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum: number;
  /** How many were no larger than each of the metric's buckets. */
  readonly within: readonly number[];
}

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** @param role labels what both processes have: Node.js' own metrics, and those with a role. */
export const createMeters = (role: 'switch' | 'worker'): Meters => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, labels: { role } });

  const describe = (name: keyof typeof metricFacts) => {
    const { labels = [], meaning }: MetricFacts = metricFacts[name];
    return { name, help: meaning, labelNames: [...labels], registers: [registry] };
  };

  const info = new Gauge(describe('sipreel_build_info'));
  info.set({ role, version: version(), node_version: process.version }, 1);

  return {
    counter: (name) => new Counter(describe(name)),
    countedBy(name, values) {
      new Counter({
        ...describe(name),
        async collect() {
          const known = await values();
          this.reset();
          for (const { value, labels = {} } of known) this.inc(labels, value);
        },
      });
    },
    gauge: (name) => new Gauge(describe(name)),
    gaugedBy(name, values) {
      const { labels = [] }: MetricFacts = metricFacts[name];
      new Gauge({
        ...describe(name),
        async collect() {
          // A scrape that tells all the rest is worth more than none: what can't be known has no value.
          const known = await Promise.resolve()
            .then(values)
            .catch(() => []);
          this.reset();
          if (known.length === 0 && labels.length === 0) this.remove();
          for (const { value, labels: of = {} } of known) this.set(of, value);
        },
      });
    },
    histogram: (name) => {
      const { buckets = [] }: MetricFacts = metricFacts[name];
      return new Histogram({ ...describe(name), buckets: [...buckets] });
    },
    measuredBy(name, measured) {
      const { help } = describe(name);
      const { buckets = [] }: MetricFacts = metricFacts[name];
      const samplesOf = ({ labels, count, sum, within }: Measured) => [
        ...buckets.map((le, at) => ({
          metricName: `${name}_bucket`,
          labels: { ...labels, le },
          value: within[at] ?? 0,
        })),
        { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
      const get = async () => ({ name, help, type: 'histogram', values: measured().flatMap(samplesOf) });
      // A histogram of prom-client can't be set: it counts by itself alone.
      registry.registerMetric({ name, help, get } as unknown as Gauge);
    },
    values: async () => (await registry.getMetricsAsJSON()) as unknown as MetricValues,
  };
};

/** The text that Prometheus reads, of one process or several whose samples differ in name or labels. */
export const metricsText = async (
  processes: readonly MetricValues[],
): Promise<{ readonly type: string; readonly text: string }> => {
  const together = new Map<string, MetricValues[number]>();
  for (const metric of processes.flat()) {
    const before = together.get(metric.name);
    together.set(metric.name, before ? { ...before, values: [...before.values, ...metric.values] } : metric);
  }
  const registry = new Registry();
  for (const metric of together.values()) {
    // What prom-client does itself with the metrics of a cluster.
    registry.registerMetric({ ...metric, get: async () => metric } as unknown as Gauge);
  }
  return { type: registry.contentType, text: await registry.metrics() };
};
