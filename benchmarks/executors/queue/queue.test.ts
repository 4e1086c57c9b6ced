import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Interactions } from '../../../datasets/interactions.js';
import { openSplit } from '../../../datasets/open.js';
import { PLANTED_DEFAULTS } from '../../../datasets/planted.js';
import { StoppedError } from '../../../support/errors.js';
import { testFolder } from '../../../support/test_folder.js';
import { redisProgram, TestRedis } from '../../../support/test_redis.js';
import { programBuild } from '../../../support/version.js';
import { hashData } from '../../hash_data.js';
import { keyOf } from '../../runner.js';
import { choicesOf, type Settings } from '../../settings.js';
import type { Outcome } from '../../trial.js';
import type { Task } from '../executor.js';
import { ThreadExecutor } from '../threads.js';
import { jobId, queueName } from './keys.js';
import { QueueExecutor, type QueueExecutorOptions } from './queue_executor.js';
import { parseServer, type QueueServer, reachServer } from './server.js';
import { queueStatus } from './status.js';
import { QueueWorker, type WorkerOptions } from './worker.js';

const here = redisProgram ? describe : describe.skip;
const named = (name: string): string =>
  redisProgram ? name : `${name} (skipped: neither redis-server nor valkey-server is here)`;

const root = testFolder();
const SETTINGS: Settings = { dim: 4, epochs: 3, batch: 256, candidates: 20, bootstrap: 0, full: false };
/** Long enough to be met while it runs; nobody waits for its end. */
const LONG: Settings = { ...SETTINGS, epochs: 100_000, patience: 100_000 };
/** A worker that is silent for so many milliseconds is taken for dead. */
const LOCK = 2000;
const EVERY = { sign: 200, collect: 500, addAgain: 1000 };

let redis: TestRedis;
let server: QueueServer;
let client: Redis;
let data: Interactions;
let sha256: string;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  data = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: 60, items: 50, ratingsPerUser: 15 });
  sha256 = hashData(data, undefined);
  if (!redisProgram) return;
  redis = await TestRedis.start(join(root, 'redis'));
  server = await reachServer(parseServer(redis.url));
  client = server.connect();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await client?.flushall();
});
afterAll(async () => {
  client?.disconnect();
  await redis?.stop();
});

function taskOf(method: string, seed = 1, settings = SETTINGS): Task {
  const payload = { method, ...choicesOf(settings, seed, String) };
  const key = keyOf({ work: 'trial', settings: payload }, sha256, programBuild());
  return { key, kind: 'trial', payload, data: sha256, title: `${method} ${seed}`, seconds: seed, bytes: 1e6 };
}

async function worker(options: Partial<WorkerOptions> = {}, of = server): Promise<QueueWorker> {
  const one = await QueueWorker.start(of, {
    ...{ threads: 1, memory: 1e9, attempts: 3, lock: LOCK, allowsCommands: false, back: 300 },
    ...{ cacheFolder: join(root, `cache-${Math.random()}`), onNote() {}, ...options },
  });
  ends.push(() => one.giveBack());
  return one;
}

async function executor(
  sweep: string,
  {
    modules = [],
    ...options
  }: Partial<QueueExecutorOptions> & { modules?: Parameters<QueueExecutor['provide']>[1] } = {},
): Promise<QueueExecutor> {
  const one = new QueueExecutor(server, { sweep, title: sweep, every: EVERY, ...options });
  ends.push(async () => {
    await one.stop();
    await one.close();
  });
  await one.provide([{ name: data.name, data, sha256 }], modules);
  return one;
}

function queueOf(build?: string): Queue {
  const queue = new Queue(queueName(build), { prefix: '{expo}', connection: client as never });
  return queue.on('error', () => {});
}

async function until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let wait = 0; !(await holds()); wait++) {
    if (wait > 600) throw new Error(`never came: ${what}`);
    await sleep(50);
  }
}

const running = async (): Promise<string[]> =>
  (await queueStatus(server)).machines.flatMap((machine) => machine.running.map(({ title }) => title));
const starts: string[] = [];
const counting: Partial<WorkerOptions> = {
  onNote: (sentence) => sentence.startsWith('takes') && starts.push(sentence),
};
afterEach(() => void starts.splice(0));

here(named('a queue'), () => {
  test('answers what threads answer, to the last digit, and says which machine did', async () => {
    const tasks = ['Pop', 'MF', 'GMF', 'ACL:GMF/GMF', 'EASE'].map((method) => taskOf(method));
    await worker();
    const queue = await executor('same');
    const threads = new ThreadExecutor(1);
    await threads.provide([{ name: data.name, data, sha256 }]);
    const ours = await Promise.all(tasks.map((task) => queue.run(task)));
    const theirs = await Promise.all(tasks.map((task) => threads.run(task)));
    await threads.close();
    expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs));
    expect(queue.machines()).toMatchObject([{ build: programBuild(), trials: tasks.length }]);
    const { sweeps, trials } = await queueStatus(server);
    expect(sweeps).toMatchObject([{ title: 'same', live: true, total: 5 }]);
    expect(Object.values(trials)).toEqual([{ waiting: 0, running: 0, failed: 0 }]);
  });

  test('a sweep that is started again finds what was answered and what runs; nothing is begun twice', async () => {
    const tasks = [1, 2, 3, 4].map((seed) => taskOf('GMF', seed));
    const first = await executor('again', { detach: true });
    const given = tasks.map((task) => first.run(task));
    await until(async () => (await client.scard('{expo}:sweep:again')) === 4, 'all added');
    const stopped = Promise.allSettled(given);
    await first.stop();
    expect((await stopped).map((one) => (one as PromiseRejectedResult).reason)).toEqual(
      Array.from({ length: 4 }, () => expect.any(StoppedError)),
    );
    await first.close();
    await worker(counting);
    await until(() => starts.length >= 2, 'a start');
    const second = await executor('again');
    const outcomes = await Promise.all(tasks.map((task) => second.run(task)));
    expect(outcomes.every((outcome) => 'result' in (outcome as Outcome))).toBe(true);
    expect(starts).toHaveLength(4);
    // The longest was the first.
    expect(starts[0]).toBe('takes GMF 4');
  });

  test('two sweeps share a trial; the one that is withdrawn takes nothing from the other', async () => {
    const [own, shared] = [taskOf('MF', 1), taskOf('MF', 2)];
    const one = await executor('one');
    const two = await executor('two');
    const dropped = Promise.allSettled([one.run(own), one.run(shared)]);
    const kept = two.run(shared);
    await until(async () => (await client.scard(`{expo}:want:${jobId(shared.key)}`)) === 2, 'both want it');
    await one.stop();
    expect((await dropped).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await worker(counting);
    expect(await kept).toHaveProperty('result');
    expect(starts).toEqual(['takes MF 2']);
    expect(await client.exists(`{expo}:want:${jobId(own.key)}`)).toBe(0);
  });

  test('withdrawing ends a trial that runs, and it can be added again', async () => {
    const long = taskOf('GMF', 1, LONG);
    await worker(counting);
    const one = await executor('withdrawn');
    const given = Promise.allSettled([one.run(long)]);
    await until(async () => (await running()).length === 1, 'it runs');
    await one.stop();
    await given;
    await until(async () => (await running()).length === 0, 'it ended');
    expect(await client.exists(`{expo}:result:${jobId(long.key)}`)).toBe(0);
    // The thread that was ended is replaced.
    const two = await executor('next');
    expect(await two.run(taskOf('Pop'))).toHaveProperty('result');
    const again = Promise.allSettled([two.run(long)]);
    await until(async () => (await running()).length === 1, 'it runs again');
    await two.stop();
    await again;
  });

  test('what a worker gives back is begun by another at once', async () => {
    const long = taskOf('GMF', 2, { ...SETTINGS, epochs: 300, patience: 300 });
    const first = await worker({ ...counting, lock: 60_000 });
    const one = await executor('given back');
    const given = one.run(long);
    // By its own word: signs of what runs come every two seconds, and it may have ended by then.
    await until(() => starts.length === 1, 'it runs');
    await first.giveBack();
    await worker({ ...counting, lock: 60_000 });
    expect(await given).toHaveProperty('result');
    expect(starts).toHaveLength(2);
  });

  test('an answer that comes late is taken once, and the trial is not begun', async () => {
    const task = taskOf('Pop', 3);
    const other = await executor('early');
    const first = await worker(counting);
    await other.run(task);
    await first.finish();
    const key = `{expo}:result:${jobId(task.key)}`;
    const late = (await client.get(key)) as string;
    await client.del(key);
    const one = await executor('late');
    const given = one.run(task);
    await until(async () => (await client.exists(`{expo}:${queueName()}:${jobId(task.key)}`)) === 1, 'added');
    await client.set(key, late, 'NX');
    await worker(counting);
    expect(await given).toHaveProperty('result');
    expect(starts).toHaveLength(1);
  });

  test('a job, an answer or data that were changed are not taken', async () => {
    const task = taskOf('Pop', 4);
    const id = jobId(task.key);
    const notes: string[] = [];
    const one = await executor('changed', { onNote: (sentence) => notes.push(sentence) });
    const queue = queueOf();
    const refused = one.run(task);
    await until(async () => (await client.exists(`{expo}:${queueName()}:${id}`)) === 1, 'added');
    const job = await queue.getJob(id);
    await job?.updateData({ ...job.data, payload: { ...(task.payload as object), method: 'GMF' } });
    await worker(counting);
    await expect(refused).rejects.toThrow('the trial is not what its hash says');
    const strange = one.run(taskOf('Pop', 5));
    const other = jobId(taskOf('Pop', 5).key);
    await until(async () => (await client.exists(`{expo}:result:${other}`)) === 1 || starts.length > 0, 'answered');
    expect(await strange).toHaveProperty('result');
    // An answer of somebody's who knows no checksum, and one to another task.
    const [sixth, seventh] = [taskOf('Pop', 6), taskOf('Pop', 7)];
    await client.set(`{expo}:result:${jobId(sixth.key)}`, '{"version":1,"answer":{"failure":"hello"},"sum":"0"}');
    const true5 = (await client.get(`{expo}:result:${other}`)) as string;
    await client.set(`{expo}:result:${jobId(seventh.key)}`, true5);
    expect(await Promise.all([one.run(sixth), one.run(seventh)])).toEqual([
      { result: expect.anything() },
      { result: expect.anything() },
    ]);
    expect(notes.filter((note) => /cannot be taken/.test(note))).toHaveLength(2);
    // Data that are not what their hash says are sent again.
    const [blob] = await client.keys('{expo}:blob:*');
    await client.hset(blob as string, '0', Buffer.from('no brotli'));
    const fresh = await executor('damaged');
    for (const end of ends.splice(1, 1)) await end(); // the worker that has them in memory
    await worker(counting);
    expect(await fresh.run(taskOf('Pop', 8))).toHaveProperty('result');
  });

  test('programs and code run only where the worker allows them, and another takes them', async () => {
    const source =
      "import { defineMethod, parseMethod } from 'expobench';\nexport default { name: 'Mine', summary: 's', parse: () => undefined };\n";
    mkdirSync(join(root, 'own'), { recursive: true });
    const file = join(root, 'own', 'mine.yaml');
    writeFileSync(file, 'name: Mine\ncommand: [node, mine.mjs]\nneeds: []\n');
    const module = { path: 'mine.ts', sha256: 'a'.repeat(64), source };
    const notes: string[] = [];
    await worker({ onNote: (sentence) => notes.push(sentence) });
    const one = await executor('own', { modules: [module] });
    const given = Promise.allSettled([one.run(taskOf('Pop', 9))]);
    await until(() => notes.some((note) => /allow-commands/.test(note)), 'refused');
    expect(notes.find((note) => /allow-commands/.test(note))).toMatch(/mine\.ts/);
    await until(async () => (await queueStatus(server)).machines[0]?.trouble !== undefined, 'shown');
    expect(starts).toEqual([]);
    await one.stop();
    await given;
  });

  test('data go through a shared folder where there is one', async () => {
    const dataFolder = join(root, 'shared');
    const notes: string[] = [];
    const one = await executor('shared', { dataFolder });
    expect(await client.keys('{expo}:blob:*')).toEqual([]);
    const given = one.run(taskOf('Pop', 10));
    const blind = await worker({ onNote: (sentence) => notes.push(sentence) });
    await until(() => notes.some((note) => /shared folder \(--data-dir\)/.test(note)), 'not seen');
    await blind.finish();
    await worker({ dataFolder });
    expect(await given).toHaveProperty('result');
  });

  test('workers of another build are named, and none of their trials are taken here', async () => {
    const notes: string[] = [];
    await worker(counting);
    const [[name, text]] = Object.entries(await client.hgetall('{expo}:machines')) as [[string, string]];
    const sign = JSON.parse(text) as { machine: object };
    const stranger = { ...sign, machine: { ...sign.machine, name: 'elsewhere', build: 'b'.repeat(64) } };
    await client.hset('{expo}:machines', `${name}-other`, JSON.stringify(stranger));
    const queue = queueOf('b'.repeat(64));
    await queue.add('trial', {}, { jobId: 'tother' });
    const one = await executor('builds', { onNote: (sentence) => notes.push(sentence) });
    await one.run(taskOf('Pop', 11));
    expect(notes).toContainEqual(expect.stringMatching(/elsewhere is of another build .*bbbbbbbb/));
    expect(await queue.getJobCounts('wait', 'active')).toEqual({ wait: 1, active: 0 });
    expect((await queueStatus(server)).trials['b'.repeat(64)]).toEqual({ waiting: 1, running: 0, failed: 0 });
  });

  test('a server that loses its memory, and one that is away, delay a sweep and no more', async () => {
    const notes: string[] = [];
    const one = await executor('lost', { onNote: (sentence) => notes.push(sentence) });
    const given = [12, 13].map((seed) => one.run(taskOf('Pop', seed)));
    await until(async () => (await client.scard('{expo}:sweep:lost')) === 2, 'added');
    await client.flushall();
    await worker(counting);
    expect((await Promise.all(given)).every((outcome) => 'result' in (outcome as Outcome))).toBe(true);
    // An idle worker, and a trial that begins while nobody answers.
    await redis.stop();
    const later = one.run(taskOf('MF', 14));
    await sleep(1500);
    await redis.start();
    expect(await later).toHaveProperty('result');
    expect(notes).toEqual(expect.arrayContaining([expect.stringMatching(/is away/), expect.stringMatching(/is back/)]));
  });

  test('a full server is said; a worker holds its answer until there is room', async () => {
    await worker(counting);
    const one = await executor('full');
    await client.config('SET', 'maxmemory', '1');
    await expect(one.run(taskOf('Pop', 15))).rejects.toThrow(/is full: raise its maxmemory/);
    await expect(executor('more').then(() => client.flushall())).rejects.toThrow(/is full/);
    await client.config('SET', 'maxmemory', '0');
    const given = one.run(taskOf('GMF', 16, { ...SETTINGS, epochs: 100, patience: 100 }));
    await until(async () => (await running()).length === 1, 'it runs');
    await client.config('SET', 'maxmemory', '1');
    await sleep(2500);
    await client.config('SET', 'maxmemory', '0');
    expect(await given).toHaveProperty('result');
    expect(starts).toHaveLength(1);
  });

  test('the least rights that docs/machines.md lists suffice', async () => {
    const page = readFileSync(new URL('../../../../docs/machines.md', import.meta.url), 'utf8');
    const [, rights = ''] = /on >PASSWORD ((?:[~&+-]\S+ )+)/.exec(page.replace(/\s+/g, ' ')) ?? [];
    expect(rights).toMatch(/-@all/);
    await client.call('ACL', ['SETUSER', 'least', 'on', '>secret', ...rights.trim().split(' ')]);
    const url = redis.url.replace('//', '//least@');
    const least = await reachServer(parseServer(url, { EXPOBENCH_QUEUE_PASSWORD: 'secret' }));
    await worker({}, least);
    const one = new QueueExecutor(least, { sweep: 'least', title: 'least', every: EVERY });
    await one.provide([{ name: data.name, data, sha256 }], []);
    expect(await one.run(taskOf('Pop', 17))).toHaveProperty('result');
    const { machines } = await queueStatus(least);
    expect(machines).toHaveLength(1);
    await one.stop();
    await one.close();
  });
});

describe('the address of a queue', () => {
  const secret = 'rédis@:/pw';
  test('takes credentials from the environment and files alone, and shows none', () => {
    const file = join(root, 'password');
    writeFileSync(file, `${secret}\n`);
    const named = parseServer('redis://me@host:7000/3', { EXPOBENCH_QUEUE_PASSWORD_FILE: file });
    expect(named.options).toMatchObject({ host: 'host', port: 7000, db: 3, username: 'me', password: secret });
    expect(named.shown).toBe('redis://host:7000/3');
    const whole = parseServer('', { EXPOBENCH_QUEUE: `rediss://:${encodeURIComponent(secret)}@host` });
    expect(whole.options).toMatchObject({ password: secret, tls: {}, port: 6379 });
    expect(whole.shown).not.toContain('pw');
    expect(parseServer('unix:///run/redis.sock?db=2', {}).options).toMatchObject({ path: '/run/redis.sock', db: 2 });
    expect(parseServer('redis://host?prefix=team', {}).prefix).toBe('{team}');
    expect(() => parseServer('redis://:pw@host', {})).toThrow(/holds a password.*EXPOBENCH_QUEUE_PASSWORD/);
  });

  test.each([
    ['', /needs an address/],
    ['host:6379', /is not understood: write redis/],
    ['http://host', /is not understood: write redis/],
    ['redis://host/zero', /"zero" is no number of a database/],
    ['redis://host?prefix=a{b', /prefix "a\{b"/],
  ])('%j is refused', (url, sentence) => {
    expect(() => parseServer(url, {})).toThrow(sentence);
  });
});

here(named('a server that cannot be used'), () => {
  const reach = (url: string, env: NodeJS.ProcessEnv = {}) => reachServer(parseServer(url, env), 2000);

  test('is said in a sentence', async () => {
    await expect(reach('redis://127.0.0.1:1/0')).rejects.toThrow(/no server answers at redis:\/\/127.0.0.1:1/);
    await expect(reach(`unix://${root}/none.sock`)).rejects.toThrow(/no server answers/);
    await expect(reach('redis://no-such-host.invalid')).rejects.toThrow(/no machine of that name/);
    await expect(reach(redis.url.replace('redis:', 'rediss:'))).rejects.toThrow(/rediss:\/\//);
    await expect(reach(redis.url.replace('/0', '/99'))).rejects.toThrow(/no database of that number/);
    await expect(reach(`unix://${redis.socket}`)).resolves.toBeDefined();
  });

  test('by its password, its rights, what it drops, or its age', async () => {
    const strict = await TestRedis.start(join(root, 'strict'), '--requirepass', 'right');
    try {
      await expect(reach(strict.url)).rejects.toThrow(/asks for a password: set EXPOBENCH_QUEUE_PASSWORD/);
      const wrong = { EXPOBENCH_QUEUE_PASSWORD: 'wrong' };
      await expect(reach(strict.url, wrong)).rejects.toThrow(/refuses the password.*EXPOBENCH_QUEUE_PASSWORD/);
      const own = await reach(strict.url, { EXPOBENCH_QUEUE_PASSWORD: 'right' });
      const admin = own.connect();
      await admin.call('ACL', ['SETUSER', 'poor', 'on', '>poor', '~*', '-@all', '+@connection', '+info']);
      const poor = strict.url.replace('//', '//poor@');
      await expect(reach(poor, { EXPOBENCH_QUEUE_PASSWORD: 'poor' })).rejects.toThrow(/does not allow this user/);
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
      admin.disconnect();
      await expect(reach(strict.url, { EXPOBENCH_QUEUE_PASSWORD: 'right' })).rejects.toThrow(
        /drops keys when it is full \(maxmemory-policy allkeys-lru\).*noeviction/,
      );
    } finally {
      await strict.stop();
    }
    // Redis 5 knows no HELLO.
    const old = createServer((socket) => socket.on('data', () => socket.write('-ERR unknown command `HELLO`\r\n')));
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    const { port } = old.address() as { port: number };
    await expect(reach(`redis://127.0.0.1:${port}`)).rejects.toThrow(/too old: Redis 6 or newer/);
    old.close();
  });
});
