import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeVoice } from '../../src/demo/voice.ts';
import { resolveFfmpeg } from '../../src/recorder/encode/ffmpeg-binary.ts';
import { openBrowser, openPage } from '../kit/browser.ts';
import { fillCatalogue, type PastRecording } from '../kit/catalogue.ts';
import { partsOf } from '../kit/leftovers.ts';
import { runSipp } from '../kit/sip-caller.ts';
import { type Stage, startStage } from '../kit/stage.ts';

/** The pictures of the docs: `npm run screenshots` makes them anew. */
const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));

let stage: Stage;
let browser: Browser;
let work: string;
/** What callers say, 8 kHz. */
let voice: Float64Array;

/** Two weeks of a small office, the same each time: busy by day, quiet by night. */
const past = (): PastRecording[] => {
  const now = Date.now() / 1000;
  const numbers = ['+4930901820', '+442071838750', '+33170189900', '+12125550142', '+390694804', '+34911234567'];
  return Array.from({ length: 1_400 }, (_, i): PastRecording => {
    const startTime = now - 900 - i * 860 - (i % 7) * 61;
    const hour = new Date(startTime * 1000).getUTCHours();
    const busy = hour > 6 && hour < 19;
    return {
      startTime,
      from: `sip:${numbers[(i * 5) % numbers.length]}@example.com`,
      to: `sip:${200 + ((i * 3) % 9)}@pbx`,
      duration: busy ? 60 + ((i * 37) % 540) : 20 + ((i * 13) % 60),
      trunk: i % 3 === 0 ? 'carrier' : 'office',
      loss: i % 23 === 0 ? 0.012 : i % 5 === 0 ? 0.001 : 0,
    };
  });
};

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'sipreel-pictures-'));
  stage = await startStage();
  const talk = [
    { record_call: { control_id: 'agent', stereo: true, format: 'mp3', status_url: stage.sink.url } },
    {
      play: 'say:Good morning. You are through to the help desk. All calls are recorded. What can I do for you today?',
    },
    { play: 'silence:6' },
    { play: 'say:Thank you. I will look it up at once, please hold the line for a moment.' },
  ];
  stage.host.serve('200', [...talk, { play: 'silence:60' }]);
  stage.host.serve('204', [...talk, { play: 'silence:60' }]);
  stage.host.serve('207', [
    ...talk.slice(0, 3),
    { pause_record_call: { control_id: 'agent' } },
    { play: 'silence:2' },
    { resume_record_call: { control_id: 'agent' } },
    ...talk.slice(3),
    { play: 'silence:3' },
    { stop_record_call: { control_id: 'agent' } },
  ]);
  await fillCatalogue(partsOf(stage.server).redis, past());
  const { ffmpeg } = await resolveFfmpeg({});
  const samples = await makeVoice(ffmpeg, { cwd: work, signal: AbortSignal.timeout(30_000) });
  voice = Float64Array.from(samples);
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage.close();
  await rm(work, { recursive: true, force: true });
});

const talkTo = (to: string, from: string, seconds: number) =>
  runSipp({
    ...{ scenario: 'rtp-tone', target: stage.server.sip, to, callers: [{ from }], pauseMs: seconds * 1000 },
    ...{ replace: { file: join(work, 'voice.pcmu'), payload_type: '0' }, timeoutS: seconds + 20 },
  });

test('pictures are made', { timeout: 180_000 }, async () => {
  const { page } = await openPage(browser, { deviceScaleFactor: 1.5 });
  /** All of the window, or down to the end of what is last in it. */
  const shoot = async (name: string, last?: Locator): Promise<void> => {
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
    const end = await last?.boundingBox();
    const clip = { x: 0, y: 0, width, height: end ? Math.min(height, Math.ceil(end.y + end.height) + 24) : height };
    await page.screenshot({ path: join(folder, `${name}.png`), clip });
  };
  const told = await stage.dial('207', { from: '+12125550142', hz: 0 });
  await told.phone.play(voice.slice(0, 16_000));
  await told.phone.sendDigit('1', 160);
  await told.phone.play(voice.slice(16_000));
  await told.reinvite(told.phone.sdp('sendonly'));
  await told.phone.play(voice.slice(0, 12_000));
  await told.reinvite(told.phone.sdp());
  await told.phone.play(voice.slice(24_000));
  await told.phone.play(voice);
  await told.hangup();
  const dialled = await stage.dial('207', { from: '+390694804' });
  const up = [talkTo('200', '+4930901820', 40), talkTo('204', '+442071838750', 40)];
  await page.goto(stage.server.http);
  await expect.poll(() => page.locator('li.recording').count(), { timeout: 15_000 }).toBe(3);
  await page.locator('li.recording').last().getByRole('button', { name: 'Pause' }).click();
  await page.getByText('paused', { exact: true }).waitFor();
  // Somebody speaks, and has done so for a while.
  await page.getByText('0:13').first().waitFor();
  await page.keyboard.press('Escape');
  await expect
    .poll(() => page.locator('.meter.speak').first().getAttribute('aria-valuenow').then(Number), { timeout: 20_000 })
    .toBeGreaterThan(-25);
  await expect
    .poll(() => page.locator('.meter.listen').first().getAttribute('aria-valuenow').then(Number), { timeout: 20_000 })
    .toBeGreaterThan(-25);
  await shoot('now', page.locator('li.recording').last());

  await page.goto(`${stage.server.http}/#/recordings`);
  await page.getByLabel('Search', { exact: true }).fill('+12125550142');
  await page
    .locator('[data-row="0"]', { hasText: '+12125550142' })
    .and(page.locator('[data-row="0"]', { hasText: '207' }))
    .click();
  await page.getByRole('region', { name: 'Player' }).locator('canvas').first().waitFor();
  await page.getByText('left out').waitFor();
  await page.evaluate('document.querySelector("audio").currentTime = 9');
  await page.getByText('0:09 /').waitFor();
  await shoot('recording');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  // The waveform is drawn anew a moment after the window has become smaller.
  const canvas = page.getByRole('region', { name: 'Player' }).locator('canvas').first();
  await expect.poll(async () => (await canvas.boundingBox())?.width).toBeLessThan(390);
  await shoot('recording-phone');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 820 });

  await page.goto(`${stage.server.http}/#/nodes`);
  await page.getByText('takes calls').waitFor();
  await shoot('nodes', page.locator('main > *').last());
  await page.goto(`${stage.server.http}/#/trends`);
  await page.getByText('Week').click();
  await page.locator('figure').first().waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await expect.poll(() => page.locator('figure').first().locator('rect').count()).toBeGreaterThan(100);
  await shoot('trends', page.locator('main > *').last());
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${stage.server.http}/#/now`);
  await page.locator('li.recording').first().waitFor();
  await shoot('now-phone', page.locator('li.recording').last());
  await dialled.hangup();
  await Promise.all(up);
});
