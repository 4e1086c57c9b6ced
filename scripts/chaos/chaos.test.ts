import { describe, expect, test } from '@jest/globals';
import { testFolder } from '../../support/test_folder.js';
import { redisProgram } from '../../support/test_redis.js';
import { chaos } from './chaos.js';

// It takes minutes of three processors: asked for by EXPOBENCH_CHAOS=1, or longer by `npm run chaos`.
const isAsked = process.env['EXPOBENCH_CHAOS'] === '1';
const why = isAsked ? 'neither redis-server nor valkey-server is here' : 'EXPOBENCH_CHAOS=1 asks for it';
const isRun = isAsked && redisProgram !== undefined;
const named = (name: string): string => (isRun ? name : `${name} (skipped: ${why})`);
const here = isRun ? describe : describe.skip;
const folder = testFolder();

here(named('a sweep of 60 trials on three workers under 30 random events'), () => {
  test('has every trial once, and the bytes of a sweep on threads', async () => {
    const shape = { folder, seed: 1, workers: 3, events: 30, pause: 600, silence: 2, repetitions: 15 };
    const result = await chaos(shape);
    expect(result).toMatchObject({ ended: true, trials: 60, lost: 0, doubles: 0, isSame: true });
    expect(Object.values(result.events).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(10);
  }, 400_000);
});
