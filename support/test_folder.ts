import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** For tests: an empty folder that is removed when the file's tests are done. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'expobench-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
