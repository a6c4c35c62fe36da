import { type MetricFacts, metricFacts } from './facts.ts';

const head = `# Metrics

\`GET /metrics\` gives the metrics of a node in the text format of Prometheus, and costs nothing between two scrapes.
Made from \`src/ops/metrics/facts.ts\` by \`npm run docs\`.

- A server with role \`all\` has the metrics of its worker in its own \`/metrics\`. A switch and a worker that were started apart have
  one each: the switch at \`http.listen\`, the worker at \`http.worker_listen\`, with \`/livez\` and \`/readyz\` beside it.
- \`http.metrics: read\` (default) asks for a key with the scope \`read\` (\`sipreel key create --name prometheus\`), as long as there are
  keys at all; \`public\` asks for nothing.
- Counters begin at 0 with each process. No label has a value that callers could choose: numbers, call ids and control ids are in
  the log alone.
- What Redis is asked for has no value while it is away.

\`\`\`yaml
scrape_configs:
  - job_name: sipreel
    authorization: { credentials_file: /etc/prometheus/sipreel.key }
    static_configs: [{ targets: [10.0.0.11:8080, 10.0.0.12:8080] }]
\`\`\`

\`deploy/prometheus/\` has alert rules, \`deploy/grafana/\` a dashboard.

## Health

| path | 200 | else |
| --- | --- | --- |
| \`/livez\` | the process answers | no answer: restart it; its recordings are finished by the next start |
| \`/readyz\` | calls are taken (a worker: files are made) | 503 with \`away\`, the parts that are missing, by name and address; \`dependencies\` has all of them |
| \`/healthz\` | for people: calls, recordings, Redis, each rtpengine; unlike \`/readyz\` it says 200 while the server drains, and does not look at drachtio | 503 |

A server that drains answers 503 at \`/readyz\` and 200 at \`/livez\`: it is to be left alone until its last call has ended. None of the
three needs a key. Trunks that are down are told in \`away\` and stop nothing.

## All metrics

\`role\`, where it is no label, is the process that has the metric: the switch takes calls, the worker makes files and delivers events.

| metric | type | labels | role | meaning | what to do |
| --- | --- | --- | --- | --- | --- |
`;

const tail = `
Both processes have Node.js' own metrics too, with the label \`role\`: \`process_*\` (CPU, memory, open files) and \`nodejs_*\` (heap,
garbage collection, event loop). \`nodejs_eventloop_lag_p99_seconds\` over 0.05 means that the process has more to do than one core
can: spread calls over more nodes. Capture has threads of its own and is told by \`sipreel_capture_thread_busy_seconds_total\`.
`;

const row = ([name, { type, labels = [], role, meaning, advice }]: [string, MetricFacts]): string =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${role} | ${meaning} | ${advice} |\n`;

/** docs/16-metrics.md as it should be. */
export const metricsDocument = (): string => `${head}${Object.entries(metricFacts).map(row).join('')}${tail}`;
