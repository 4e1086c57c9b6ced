import { describe, expect, test } from '@jest/globals';
import { testFolder } from '../../support/test_folder.js';
import { redisProgram } from '../../support/test_redis.js';
import { chaos } from './chaos.js';

const named = (name: string): string =>
  redisProgram ? name : `${name} (skipped: neither redis-server nor valkey-server is here)`;
const here = redisProgram ? describe : describe.skip;
const folder = testFolder();

here(named('a sweep of 60 trials on three workers under 30 random events'), () => {
  test('has every trial once, and the bytes of a sweep on threads', async () => {
    const shape = { folder, seed: 1, workers: 3, events: 30, pause: 600, silence: 2, repetitions: 15 };
    const result = await chaos(shape);
    expect(result).toMatchObject({ ended: true, trials: 60, lost: 0, doubles: 0, isSame: true });
    expect(Object.values(result.events).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(10);
  }, 400_000);
});
