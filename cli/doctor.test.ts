import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { testFolder } from '../support/test_folder.js';

const main = join(dirname(fileURLToPath(import.meta.url)), 'main.js');
const folder = testFolder();

/** Runs the program where no driver of a GPU is found. */
function runWithoutGpu(...options: string[]): { code: number | null; out: string; err: string } {
  const env = {
    ...process.env,
    VK_ICD_FILENAMES: join(folder, 'none.json'),
    VK_DRIVER_FILES: join(folder, 'none.json'),
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...options], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { code: status, out: stdout, err: stderr };
}

interface Diagnosis {
  readonly auto: string;
  readonly backends: readonly { backend: string; device: string | null; reason: string | null; speed: number | null }[];
}

describe('doctor', () => {
  test('names every backend with its device and speed, or with why it is not there', () => {
    const { code, out } = runWithoutGpu('doctor', '--json');
    expect(code).toBe(0);
    const { backends, auto } = JSON.parse(out) as Diagnosis;
    expect(backends.map(({ backend }) => backend)).toEqual([
      'wasm',
      'webgpu',
      'tensorflow',
      'tensorflow',
      'tensorflow',
    ]);
    for (const { device, reason, speed } of backends) {
      expect(device === null).toBe(reason !== null);
      expect(speed === null).toBe(reason !== null);
      if (speed !== null) expect(speed).toBeGreaterThan(0);
    }
    expect(backends[0]).toMatchObject({ device: 'the processor, one thread' });
    if (process.platform === 'linux') {
      expect(backends[1]?.reason).toMatch(/no GPU answers: a driver with Vulkan/);
      if (backends[2]?.device === null) expect(auto).toBe('wasm');
    }
  });

  test('a backend that is not there is one sentence and no folder; auto takes what there is', () => {
    if (process.platform !== 'linux') return;
    const small = ['--users', '60', '--items', '50', '--ratings-per-user', '15', '--epochs', '2', '--dim', '4'];
    for (const verb of [
      ['train', '--model', 'GMF', ...small],
      ['sweep', 'quick', ...small],
      ['simulate', ...small.slice(0, 6), '--dim', '4'],
    ]) {
      const { code, err } = runWithoutGpu(...verb, '--backend', 'webgpu', '--out', 'refused');
      expect(code).toBe(2);
      expect(err).toMatch(/expobench: no GPU answers/);
      expect(existsSync(join(folder, 'refused'))).toBe(false);
      expect(existsSync(join(folder, 'refused.partial'))).toBe(false);
    }
    const { code, err } = runWithoutGpu('train', '--model', 'GMF', ...small, '--backend', 'auto', '--out', 'taken');
    expect(code).toBe(0);
    expect(err).toMatch(/the faster backend at this work here: wasm/);
  });
});
