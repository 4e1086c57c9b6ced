import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { planSuite } from '../../benchmarks/plan.js';
import { hashData, type OpenedData } from '../../benchmarks/suite_data.js';
import type { Suite } from '../../benchmarks/suites/suite.js';
import { sweep } from '../../benchmarks/sweep.js';
import { openSplit } from '../../datasets/open.js';
import { PLANTED_DEFAULTS } from '../../datasets/planted.js';
import { pairedTest, summarize } from '../../support/statistics.js';
import { testBrowser } from '../../support/test_browser.js';
import { testFolder } from '../../support/test_folder.js';
import { judge } from '../claims.js';
import { diffTables } from '../diff.js';
import type { TableSet } from '../read_tables.js';
import { type RunFolder, readRun } from '../run_folder.js';
import { claimsPageOf } from './claims.js';
import { diffPageOf } from './diff.js';
import { reportOf } from './report.js';

const root = testFolder();
const out = join(root, 'run');
const EVIL = '<img src=x onerror="document.title=1"> & "more"';
const SUITE: Suite = {
  name: 'shown',
  data: ['planted'],
  methods: ['Pop', { method: 'GMF', label: EVIL }, 'ACL:GMF/GMF'],
  vary: { alpha: [0.1, 1] },
  settings: { dim: 4, epochs: 3, batch: 256, candidates: 20, bootstrap: 0 },
  repetitions: 2,
  figures: [{ kind: 'training' }, { kind: 'setting', x: 'alpha' }],
};

let run: RunFolder;
beforeAll(async () => {
  const data = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: 100, items: 60, ratingsPerUser: 12 });
  const opened: OpenedData = { key: 'planted', name: data.name, data, sha256: hashData(data, undefined) };
  await sweep(planSuite(SUITE, { seed: 1 }), async () => [opened], { out, command: 'expobench sweep shown.yaml' });
  run = await readRun(out);
});

/** The report of the run, with so many trials. */
function withTrials(count: number): string {
  const trials = Array.from({ length: count }, (_, t) => run.trials[t % run.trials.length] as RunFolder['trials'][0]);
  return reportOf({ ...run, trials });
}

test('a run has its report; the page is made again from the folder, and says what the run was', async () => {
  const html = readFileSync(join(out, 'report.html'), 'utf8');
  expect(reportOf(run)).toBe(html);
  for (const text of [
    '8 trials; none failed',
    'expobench sweep shown.yaml',
    process.version,
    run.manifest.data[0]?.sha256.slice(0, 16),
  ])
    expect(html).toContain(text);
  // Standard figures and the picture of the data.
  expect(html.match(/<svg /g)?.length).toBe(3);
});

test('failures are listed with their reasons', () => {
  const failures = [{ data: 'planted', row: 'Pop', repetition: 1, reason: 'out of memory' }];
  const html = reportOf({ ...run, manifest: { ...run.manifest, failures } });
  expect(html).toMatch(/8 trials; 1 failed/);
  expect(html).toMatch(/Trials that failed.*Pop.*out of memory/s);
});

test('1,000 trials stay well below 5 MB', () => {
  expect(withTrials(1000).length).toBeLessThan(1e6);
});

test('a folder that is no run, is not finished or is of another version is refused', async () => {
  await expect(readRun(join(root, 'nowhere'))).rejects.toThrow(/"[^"]*nowhere" is not a run: expected a folder/);
  writeFileSync(join(root, 'manifest.json'), '{"kind":"run","suite":"a"}');
  await expect(readRun(root)).rejects.toThrow(/manifest\.json", program: .*run it again/);
  writeFileSync(join(root, 'manifest.json'), '{');
  await expect(readRun(root)).rejects.toThrow(/is not a manifest that expobench wrote/);
});

describe('in a browser', () => {
  let browser: Browser | undefined;
  let page: Page;
  const requests: string[] = [];
  const complaints: unknown[] = [];
  const file = join(root, 'many.html');

  beforeAll(async () => {
    writeFileSync(file, withTrials(200));
    browser = await testBrowser();
    if (!browser) return;
    page = await browser.newPage();
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error));
  });
  afterAll(() => browser?.close());

  /** Opens the page anew on a screen of the given width. */
  async function open(width = 1100, scheme: 'light' | 'dark' = 'light', what = file): Promise<void> {
    await page.setViewport({ width, height: 800 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(`file://${what}`);
  }

  /** A test in the browser, or nothing where there is none, of which `testBrowser` tells. */
  const inBrowser = (name: string, body: () => Promise<void>): void =>
    test(name, async () => {
      if (browser) await body();
    });

  /** Unfolds everything and returns what breaks a rule of accessibility. */
  async function violations(): Promise<unknown[]> {
    await page.$$eval('details', (parts) => parts.forEach((part) => (part.open = true)));
    await page.evaluate(axe.source);
    return page.evaluate(async () => {
      const { axe: checker } = globalThis as unknown as { axe: typeof axe };
      return (await checker.run()).violations.map(({ id, nodes }) => [id, nodes[0]?.html]);
    });
  }

  /** The texts of a column of the first table. */
  const column = (place: number): Promise<string[]> =>
    page.$eval(
      '#tables table',
      (table, p) => [...(table.tBodies[0]?.rows ?? [])].map((row) => row.children[p]?.textContent ?? ''),
      place,
    );

  inBrowser('it asks for nothing but itself, and reports no error', async () => {
    await open();
    expect(requests).toEqual([`file://${file}`]);
    expect(complaints).toEqual([]);
  });

  inBrowser('words of a user are words: nothing of them becomes markup', async () => {
    await open();
    expect(await page.$$('img')).toEqual([]);
    expect(await page.title()).toBe('shown: planted');
    expect(await column(0)).toContain(EVIL);
  });

  inBrowser('heads sort: best first, the other way round, then as it was; screen readers are told', async () => {
    await open();
    const before = await column(0);
    const sort = async (): Promise<{ state: string | null; values: number[] }> => {
      await page.click('#tables table thead th:nth-child(3) button');
      const state = await page.$eval('#tables table thead th:nth-child(3)', (head) => head.getAttribute('aria-sort'));
      return { state, values: (await column(2)).map(Number.parseFloat) };
    };
    const falling = await sort();
    expect(falling.state).toBe('descending');
    expect(falling.values).toEqual([...falling.values].sort((a, b) => b - a));
    const rising = await sort();
    expect(rising.state).toBe('ascending');
    expect(rising.values).toEqual([...falling.values].reverse());
    expect((await sort()).state).toBeNull();
    expect(await column(0)).toEqual(before);
  });

  inBrowser('by keyboard: Tab reaches the heads, Enter sorts, and what has the focus is seen', async () => {
    await open();
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        return { tag: element.tagName, text: element.textContent, outline: getComputedStyle(element).outlineStyle };
      });
    for (let t = 0; t < 30 && (await focused()).text !== 'hit@10'; t++) await page.keyboard.press('Tab');
    expect(await focused()).toEqual({ tag: 'BUTTON', text: 'hit@10', outline: 'solid' });
    await page.keyboard.press('Enter');
    expect(await page.$$eval('[aria-sort="descending"]', (heads) => heads.map((head) => head.textContent))).toEqual([
      'hit@10',
    ]);
  });

  inBrowser('the list of trials is filtered', async () => {
    await open();
    await page.click('#trials summary');
    await page.type('.filter input', 'alpha 0.1');
    const shown = await page.$$eval('#trials tbody tr:not([hidden]) th', (heads) =>
      heads.map((head) => head.textContent),
    );
    expect(shown.length).toBe(50);
    expect([...new Set(shown)]).toEqual(['ACL:GMF/GMF, alpha 0.1']);
  });

  inBrowser(
    'light and dark: no rule of accessibility is broken, contrast among them, and pictures follow',
    async () => {
      for (const scheme of ['light', 'dark'] as const) {
        await open(1100, scheme);
        expect(await violations()).toEqual([]);
        const letters = await page.$eval('#figures svg text', (text) => getComputedStyle(text).fill);
        expect(letters).toBe(scheme === 'dark' ? 'rgb(230, 232, 236)' : 'rgb(29, 30, 33)');
      }
    },
  );

  inBrowser('on a phone the page does not scroll sideways', async () => {
    await open(360);
    await page.$$eval('details', (parts) => parts.forEach((part) => (part.open = true)));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  inBrowser('printed it is on white, unfolded and without navigation, also from the dark', async () => {
    await open(1100, 'dark');
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    expect(await page.$$eval('details', (parts) => parts.every((part) => part.open))).toBe(true);
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await page.$$eval('details', (parts) => parts.some((part) => part.open))).toBe(false);
    await page.emulateMediaType('print');
    const [background, ink, nav] = await page.evaluate(() => [
      getComputedStyle(document.body).backgroundColor,
      getComputedStyle(document.body).color,
      getComputedStyle(document.querySelector('nav') as Element).display,
    ]);
    expect([background, ink, nav]).toEqual(['rgb(255, 255, 255)', 'rgb(0, 0, 0)', 'none']);
    await page.emulateMediaType(undefined);
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
  });

  inBrowser('pages of a diff and of claims are as good: light, dark, and on a phone', async () => {
    const set = (name: string, value: number): TableSet => {
      const table = run.tables[0]?.table as NonNullable<(typeof run.tables)[0]>['table'];
      const rows = table.rows.map((row) => ({ ...row, cells: { ...row.cells, 'hit@10': summarize([value]) } }));
      return { name, tables: new Map([['a', { ...table, rows }]]), manifest: { rate: value } };
    };
    const test = pairedTest([0.1, 0.2, 0.4], [0.1, 0.1, 0.1]) as NonNullable<ReturnType<typeof pairedTest>>;
    const claim = {
      name: 'a-above-b',
      statement: 'A is above B',
      source: 'Table 1',
      unit: 'points',
      quantifier: 'all',
    } as const;
    const judged = judge(claim, [{ data: 'd', what: 'A above B', least: 0.01, over: 'repetitions', ...test }], {
      ran: ['suite on d'],
      short: [],
    });
    const pages = {
      'diff.html': diffPageOf(diffTables(set('main', 0.1), set('branch', 0.2))),
      'claims.html': claimsPageOf([judged], ['table1'], run.sessions),
    };
    for (const [name, html] of Object.entries(pages)) {
      const path = join(root, name);
      writeFileSync(path, html);
      for (const scheme of ['light', 'dark'] as const) {
        await open(1100, scheme, path);
        expect([name, scheme, await violations()]).toEqual([name, scheme, []]);
      }
      await open(360, 'light', path);
      await page.$$eval('details', (parts) => parts.forEach((part) => (part.open = true)));
      expect([name, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([name, 360]);
    }
  });
});
