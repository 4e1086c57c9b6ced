/** `npm run chaos [-- --minutes 30] [--seed 1]`: sweeps on a queue that is disturbed, one after another, and what was lost. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { redisProgram } from '../../support/test_redis.js';
import { type ChaosResult, chaos } from './chaos.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '2' }, seed: { type: 'string', default: '1' } },
});
if (!redisProgram) {
  process.stderr.write('chaos: neither redis-server nor valkey-server is on this machine\n');
  process.exit(2);
}
const end = Date.now() + 60_000 * Number(values.minutes);
const folder = mkdtempSync(join(tmpdir(), 'expobench-chaos-'));
const results: ChaosResult[] = [];
try {
  for (let round = 0; round === 0 || Date.now() < end; round++) {
    const place = join(folder, String(round));
    mkdirSync(place);
    const seed = Number(values.seed) + round;
    const shape = { folder: place, seed, workers: 3, events: 30, pause: 1000, silence: 2, repetitions: 15 };
    const result = await chaos(shape);
    results.push(result);
    process.stdout.write(`${JSON.stringify({ seed, ...result })}\n`);
    rmSync(place, { recursive: true, force: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const sum = (of: (result: ChaosResult) => number): number => results.reduce((all, one) => all + of(one), 0);
const events = sum((one) => Object.values(one.events).reduce((all, count) => all + count, 0));
process.stdout.write(
  `${results.length} sweeps of ${results[0]?.trials} trials, ${events} events: ${sum(({ lost }) => lost)} lost, ${sum(({ doubles }) => doubles)} doubles, ${sum(({ repeats }) => repeats)} repeats, ${results.filter(({ isSame }) => !isSame).length} differ from threads\n`,
);
process.exitCode = results.every(({ isSame, lost, doubles }) => isSame && lost === 0 && doubles === 0) ? 0 : 1;
