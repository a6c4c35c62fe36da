import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** A page, and what it has complained of. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, and what its policy has forbidden. */
  readonly complaints: readonly string[];
  /** Addresses that it has asked for elsewhere than at 127.0.0.1. */
  readonly elsewhere: readonly string[];
}

/** Debian's chromium, which reaches nothing but 127.0.0.1. */
export const openBrowser = async (): Promise<Browser> => {
  const folder = (process.env.PATH ?? '').split(delimiter).find((each) => existsSync(join(each, 'chromium')));
  if (folder === undefined) throw new Error('there is no chromium: deploy/setup.sh --quiet --tests installs it');
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: [
      ...['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update'],
      ...['--no-first-run', '--disable-sync', '--mute-audio'],
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
};

export const openPage = async (browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> => {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 820 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && /policy|Uncaught/i.test(message.text())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') elsewhere.push(request.url());
  });
  return { page, complaints, elsewhere };
};

let axe: string | undefined;

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe finds wrong with the page as it is now, in words. */
export const axeFindings = async (page: Page): Promise<readonly string[]> => {
  axe ??= await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id} (${help}): ${html.slice(0, 200)} ${failureSummary}`),
  );
};
