import { existsSync } from 'node:fs';
import chromium from '@sparticuz/chromium';
import puppeteer, { type Browser } from 'puppeteer-core';

/**
 * For tests: a real Chromium, from the npm registry on Linux, elsewhere the Chrome that $EXPOBENCH_CHROME names. Undefined, with the reason on
 * stderr, where there is none that starts.
 */
export async function testBrowser(): Promise<Browser | undefined> {
  const named = process.env['EXPOBENCH_CHROME'];
  try {
    if (named !== undefined && !existsSync(named)) throw new Error(`$EXPOBENCH_CHROME: there is no "${named}"`);
    return await puppeteer.launch({
      args: named === undefined ? chromium.args : [],
      executablePath: named ?? (await chromium.executablePath()),
      headless: named === undefined ? 'shell' : true,
    });
  } catch (error) {
    if (named !== undefined || (process.platform === 'linux' && process.arch === 'x64')) throw error;
    process.stderr.write(
      `No Chromium for this system comes from npm, so pages are not tested in one: ${(error as Error).message}. Set EXPOBENCH_CHROME to your Chrome.\n`,
    );
    return undefined;
  }
}
