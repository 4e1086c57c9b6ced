import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './measure.js';

const LIMIT = 700;

/** Peak memory of the main job, read from the system while it runs (Linux only). */
export const memory: Benchmark = {
  name: 'memory',
  summary: 'peak memory of npm start',
  always: true,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'expobench-'));
    const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
    const child = spawn(process.execPath, [main, 'quickstart', '--out', join(folder, 'run')], { stdio: 'ignore' });
    let peak = 0;
    const timer = setInterval(() => {
      try {
        const high = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
        peak = Math.max(peak, Number(high ?? 0) / 1024);
      } catch {
        // Not Linux, or just ended.
      }
    }, 50);
    const code = await new Promise((resolve) => child.on('exit', resolve));
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the main job ended with ${code}`);
    return peak === 0
      ? []
      : [
          {
            name: 'peak memory of npm start',
            value: peak,
            unit: 'MiB',
            reference: LIMIT,
            referenceName: 'the limit',
            ratio: LIMIT / peak,
            goal: 'under 700 MB',
          },
        ];
  },
};
