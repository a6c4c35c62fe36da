import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeFindings, openBrowser, openPage, type WatchedPage } from '../kit/browser.ts';
import { fillCatalogue } from '../kit/catalogue.ts';
import { runCli } from '../kit/cli.ts';
import { partsOf } from '../kit/leftovers.ts';
import { type SippRun, startSipp } from '../kit/sip-caller.ts';
import { type Stage, startStage } from '../kit/stage.ts';
import { g711Tone } from '../kit/tone-frames.ts';

const number = '1000';
const caller = '+15550001111';
const many = 10_000;
/** What a page loads before it shows something, bytes after gzip. */
const mostAtLoad = 100_000;
/** A turn to the end of 10,000 recordings and back, on a busy machine. */
const turnWithinMs = 2_000;

let stage: Stage;
let browser: Browser;
let desk: WatchedPage;
let page: Page;
let sipp: SippRun;

beforeAll(async () => {
  stage = await startStage();
  stage.host.serve(number, [
    { record_call: { control_id: 'desk', stereo: true, format: 'wav', status_url: stage.sink.url } },
    { play: 'silence:60' },
  ]);
  const end = Date.now() / 1000 - 3_600;
  const past = Array.from({ length: many }, (_, i) => ({
    startTime: end - i * 8,
    from: `sip:+1555${String(i).padStart(7, '0')}@127.0.0.1`,
    to: `sip:+4930${String(i % 7)}@127.0.0.1`,
    duration: 20 + (i % 300),
    loss: i % 50 === 0 ? 0.02 : 0,
  }));
  [browser] = await Promise.all([openBrowser(), fillCatalogue(partsOf(stage.server).redis, past)]);
  desk = await openPage(browser);
  page = desk.page;
});
afterAll(async () => {
  await browser?.close();
  await stage.close();
});

const meterAt = (track: string): Promise<number> =>
  page.$eval(`.meter.${track}`, (meter) => Number(meter.getAttribute('aria-valuenow')));
const playedSeconds = (): Promise<number> => page.evaluate('document.querySelector("audio").currentTime');

test('a call of SIPp is seen, heard, paused and stopped, and its file is played', async () => {
  await page.goto(stage.server.http);
  await page.getByText('No call is up').waitFor();
  const file = join(stage.server.dataDir, 'tone.pcmu');
  await writeFile(file, g711Tone('PCMU', 440, 1, 0.3));
  sipp = await startSipp({
    ...{ scenario: 'rtp-tone', target: stage.server.sip, to: number, callers: [{ from: caller }] },
    ...{ pauseMs: 14_000, replace: { file, payload_type: '0' }, timeoutS: 30 },
  });

  const row = page.locator('li.recording');
  await row.getByText('recording', { exact: true }).waitFor();
  expect(await page.locator('li.call h2').textContent()).toContain(caller);
  // The tone is at -13.5 dBFS; the prompt is silence.
  await expect.poll(() => meterAt('speak'), { timeout: 5_000 }).toBeGreaterThan(-20);
  expect(await meterAt('listen')).toBe(-60);

  await row.getByRole('button', { name: 'Listen' }).click();
  await expect.poll(playedSeconds, { timeout: 6_000 }).toBeGreaterThan(0.3);
  expect(await axeFindings(page)).toEqual([]);

  await row.getByRole('button', { name: 'Pause' }).click();
  await row.getByText('paused', { exact: true }).waitFor();
  await expect.poll(() => meterAt('speak'), { timeout: 5_000 }).toBe(-60);
  await row.getByRole('button', { name: 'Resume' }).click();
  await row.getByText('recording', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Stop' }).click();
  await row.waitFor({ state: 'detached' });

  await page.getByRole('link', { name: 'Recordings' }).click();
  await page.locator('[data-row="0"]', { hasText: caller }).click();
  const player = page.getByRole('region', { name: 'Player' });
  await player.locator('.drawn div').first().waitFor({ state: 'attached' });
  await player.getByText('left out').waitFor();
  await page.getByRole('cell', { name: 'delivered' }).first().waitFor();
  await player.getByRole('button', { name: 'Play' }).click();
  await expect.poll(playedSeconds, { timeout: 5_000 }).toBeGreaterThan(0.3);
  await page.keyboard.press('k');
  await player.getByRole('button', { name: 'Play' }).waitFor();
  const before = await playedSeconds();
  await page.keyboard.press('Home');
  expect(await playedSeconds()).toBeLessThan(before);
  await player.getByLabel('Speed').selectOption('2');
  expect(await page.evaluate('document.querySelector("audio").playbackRate')).toBe(2);

  const link = await page.getByRole('link', { name: 'Download' }).getAttribute('href');
  expect(link).toContain('signature=');
  expect(link?.startsWith(stage.server.http)).toBe(true);
  await page.getByRole('button', { name: /^Retry .*finished/ }).click();
  await expect.poll(() => stage.sink.posts.filter(isEnd).length, { timeout: 5_000 }).toBe(2);
});

const isEnd = ({ json }: { readonly json?: unknown }): boolean => JSON.stringify(json).includes('"state":"finished"');

/** Down, and further down, until all are there. */
const wheelToTheEnd = `(async () => {
  const list = document.querySelector('.list');
  while (list.querySelector('li').ariaSetSize === '-1') {
    list.scrollTop = list.scrollHeight;
    await new Promise((next) => setTimeout(next, 20));
  }
})()`;

test(`${many} recordings stay quick, by wheel and by keys`, async () => {
  await page.goto(`${stage.server.http}/#/recordings`);
  const first = page.locator('[data-row="0"]');
  await first.focus();
  const begin = Date.now();
  // Each turn to the end fetches what comes next.
  await page.evaluate(wheelToTheEnd);
  const fetchedMs = Date.now() - begin;
  expect(await page.locator('.list li').count()).toBeLessThan(60);
  await page.getByText(`${many + 1} recordings`).waitFor();
  const turned = Date.now();
  await page.evaluate('document.querySelector(".list").scrollTo({ top: 0 })');
  await first.focus();
  await page.keyboard.press('End');
  await page.locator(`[data-row="${many}"]`).waitFor();
  expect(await page.evaluate('document.activeElement.dataset.row')).toBe(String(many));
  await page.keyboard.press('Home');
  await first.waitFor();
  expect(Date.now() - turned, `all were fetched within ${fetchedMs} ms`).toBeLessThan(turnWithinMs);

  await page.getByLabel('Search', { exact: true }).fill('+15550000042');
  await page.getByText('1 recording', { exact: true }).waitFor();
  await page.getByLabel('Search', { exact: true }).fill('');
  await page.getByLabel('State').selectOption('error');
  await page.getByText('0 recordings', { exact: true }).waitFor();
});

test('the call of SIPp has gone as it should, whatever was pressed meanwhile', async () => {
  const { exitCode, errors, screen } = await sipp.result;
  expect(exitCode, `${errors}\n${screen}`).toBe(0);
});

test.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 375],
  ['dark', 375],
] as const)('axe finds nothing in the %s at a width of %i, and nothing sticks out', async (colorScheme, width) => {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme });
  for (const view of ['now', 'recordings', 'nodes', 'trends']) {
    await page.goto(`${stage.server.http}/#/${view}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (view === 'recordings') await page.locator('[data-row="0"]').waitFor();
    if (view === 'nodes') await page.getByText('takes calls').waitFor();
    if (view === 'trends') await page.locator('figure').first().waitFor();
    if (view === 'recordings') await page.locator('[data-row="0"]').click();
    if (view === 'recordings') await page.getByRole('region', { name: 'Player' }).waitFor();
    expect(await axeFindings(page), view).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth'), view).toBeLessThanOrEqual(width);
  }
});

test('a page loads little, asks nobody else, and its policy forbids nothing that it does', async () => {
  const answer = await fetch(stage.server.http, { headers: { 'accept-encoding': 'gzip' } });
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(answer.headers.get('cache-control')).toBe('public, max-age=0');
  const etag = answer.headers.get('etag') ?? '';
  expect((await request(stage.server.http, { headers: { 'if-none-match': etag } })).statusCode).toBe(304);
  const html = await answer.text();
  let bytes = gzipSync(html).length;
  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  expect(assets.length).toBeGreaterThan(1);
  for (const asset of assets) {
    const got = await fetch(`${stage.server.http}${asset}`);
    expect(got.headers.get('cache-control')).toContain('immutable');
    bytes += gzipSync(await got.text()).length;
  }
  const folder = new URL('../../dist/dashboard/assets/', import.meta.url);
  const later = (await readdir(folder)).filter((name) => /\.(js|css)$/.test(name) && !html.includes(name));
  for (const name of later) bytes += gzipSync(await readFile(new URL(name, folder))).length;
  expect(bytes).toBeLessThan(mostAtLoad);
  expect(desk.complaints).toEqual([]);
  expect(desk.elsewhere).toEqual([]);
});

test('with a key of one scope it asks for the key, keeps it in its tab, and shows what the key may do', async () => {
  const of = ['--embedded', '--data', stage.server.dataDir];
  const made = await runCli(['key', 'create', ...of, '--name', 'desk', '--scopes', 'read']);
  const key = made.stdout.trim();
  expect(key).toMatch(/^sipreel_/);
  await expect.poll(async () => (await fetch(`${stage.server.http}/api/me`)).status, { timeout: 5_000 }).toBe(401);
  const other = await openPage(browser);
  const urls: string[] = [];
  other.page.on('request', (request) => urls.push(request.url()));
  await other.page.goto(`${stage.server.http}/#/recordings`);
  await other.page.getByLabel('API key').fill('wrong');
  await other.page.getByRole('button', { name: 'Sign in' }).click();
  await other.page.getByRole('alert').waitFor();
  expect(await axeFindings(other.page)).toEqual([]);
  await other.page.getByLabel('API key').fill(key);
  await other.page.getByRole('button', { name: 'Sign in' }).click();
  await other.page.locator('[data-row="0"]').click();
  await other.page.getByText('lacks the scope audio').waitFor();
  expect(await other.page.getByRole('button', { name: /Retry/ }).count()).toBe(0);
  await other.page.reload();
  await other.page.getByText('Sign out').waitFor();
  expect(urls.filter((url) => url.includes(key))).toEqual([]);
});
