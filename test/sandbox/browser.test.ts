import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inBrowser, needsBrowser, type Page } from '../support/browser.ts';
import { sampleReport } from '../support/report-sample.ts';

/** Pages, looked at in a real browser. */

interface Look {
  readonly page: string;
  readonly ink: string;
  /** How much wider the page is than the window. */
  readonly overflow: number;
  /** Drawings that are cut off: wider than what is around them, where that does not scroll. */
  readonly cut: number;
}

async function look(page: Page): Promise<Look> {
  return page.evaluate<Look>(`(() => {
    const style = getComputedStyle(document.body);
    const { scrollWidth, clientWidth } = document.documentElement;
    const cut = [...document.querySelectorAll('svg')].filter((svg) => {
      const around = svg.parentElement;
      return svg.getBoundingClientRect().width > around.clientWidth + 1 && getComputedStyle(around).overflowX !== 'auto';
    });
    return { page: style.backgroundColor, ink: style.color, overflow: scrollWidth - clientWidth, cut: cut.length };
  })()`);
}

test('a report is read in the dark, in a narrow window and on paper', { timeout: 60_000 }, async (context) => {
  needsBrowser(context);
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-report-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = path.join(folder, 'report.html');
  await writeFile(file, sampleReport());
  await inBrowser(async (page) => {
    const white = 'rgb(255, 255, 255)';
    await page.goto(`file://${file}`, { width: 1200 });
    expect(await look(page)).toMatchObject({ page: white, overflow: 0, cut: 0 });
    await page.goto(`file://${file}`, { width: 1200, dark: true });
    const dark = await look(page);
    expect(dark).toMatchObject({ page: 'rgb(21, 24, 29)', overflow: 0 });
    expect(await page.evaluate('getComputedStyle(document.querySelector("svg .head")).fill')).toBe(dark.ink);
    await page.goto(`file://${file}`, { width: 400 });
    expect(await look(page), 'the chart scrolls, not the page').toMatchObject({ overflow: 0, cut: 0 });
    await page.goto(`file://${file}`, { width: 700, dark: true, print: true });
    expect(await look(page), 'paper is white, and does not scroll').toMatchObject({ page: white, overflow: 0, cut: 0 });
    const marks = `[...document.querySelectorAll('rect[fill^="url"]')].map((bar) => {
      const pattern = document.querySelector(bar.getAttribute('fill').slice(4, -1));
      return pattern.querySelector('rect').getAttribute('fill') + ' ' + pattern.querySelector('path').getAttribute('d');
    })`;
    const seen = new Set(await page.evaluate<readonly string[]>(marks));
    expect(seen.size, 'each has a colour and a mark of its own').toBeGreaterThan(6);
    expect(new Set([...seen].map((one) => one.split(' ')[0])).size).toBeGreaterThan(5);
  });
});
