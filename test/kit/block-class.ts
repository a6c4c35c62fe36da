import { parseDocument } from 'yaml';
import { type Block, documents, placeOf } from './documents.ts';

/** What a block is, and so how it is checked: each kind has its check in one of the tests of documents. */
export type BlockClass =
  /** A script in SWML. */
  | 'script'
  /** A configuration, or a part of one. */
  | 'configuration'
  /** The value of one key of the configuration, on the page that is made of its comments. */
  | 'setting'
  /** What Prometheus is told. */
  | 'prometheus'
  /** Lines for a shell. */
  | 'commands'
  /** What a command of ours prints. */
  | 'output'
  /** A status event. */
  | 'event'
  /** An error of the HTTP API. */
  | 'problem'
  /** What comes from /api/events. */
  | 'event stream'
  /** JavaScript. */
  | 'program'
  /** What another recorder is told: Asterisk's dialplan, FreeSWITCH's XML. */
  | 'dialplan'
  | 'xml'
  /** A picture: made of characters, or by mermaid. */
  | 'drawing'
  | 'mermaid';

const ofLanguage: Readonly<Record<string, BlockClass>> = {
  ...{ sh: 'commands', console: 'output', js: 'program', mermaid: 'mermaid', text: 'drawing', xml: 'xml' },
  ...{ 'event-stream': 'event stream', asterisk: 'dialplan' },
};

/** Throws for a block that nobody would check. */
export const classOf = (block: Block): BlockClass => {
  const known = ofLanguage[block.language] ?? ofData(block);
  const isKnown = known !== 'output' || Object.values(outputs).some((first) => first.test(block.text));
  if (known !== undefined && isKnown) return known;
  throw new Error(
    `${placeOf(block)}: nobody checks a block of ${JSON.stringify(block.language)} that begins with ` +
      `${JSON.stringify(block.text.split('\n')[0])}: test/kit/block-class.ts has the kinds of blocks that are checked`,
  );
};

const ofData = (block: Block): BlockClass | undefined => {
  if (block.language !== 'yaml' && block.language !== 'json') return undefined;
  if (block.page === 'docs/06-configuration.md') return 'setting';
  const value: unknown = parseDocument(block.text).toJS();
  const has = (key: string): boolean => typeof value === 'object' && value !== null && key in value;
  if (block.language === 'json') return has('event_type') ? 'event' : has('remedy') ? 'problem' : undefined;
  return has('sections') ? 'script' : has('scrape_configs') ? 'prometheus' : 'configuration';
};

/** What is shown of the output of commands, by its first line; each is compared with what comes where that is at hand. */
const outputs = {
  /** test/e2e/demo.test.ts */
  demo: /^ +[\d.]+ s {2}/,
  /** test/parts/spool-tools/inspect.test.ts */
  inspect: /^recording [\w-]+, control id /,
  /** test/e2e/documents.test.ts */
  doctor: /^(ok|warn|FAIL) +/,
} as const;

/** The one block that shows what this command prints. */
export const outputOf = (command: keyof typeof outputs): Block => {
  const blocks = documents.flatMap((document) => document.blocks);
  const found = blocks.filter((block) => block.language === 'console' && outputs[command].test(block.text));
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new Error(
    `${found.length} blocks show what ${command} prints: ${found.map(placeOf).join(', ')}; one is compared`,
  );
};
