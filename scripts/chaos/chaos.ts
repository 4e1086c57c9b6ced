/** Disturbs a sweep on a queue: workers that are killed and frozen, a server that restarts, a coordinator that dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TestRedis } from '../../support/test_redis.js';

export interface ChaosOptions {
  readonly folder: string;
  readonly seed: number;
  readonly workers: number;
  /** Random events, one after another. */
  readonly events: number;
  /** Milliseconds from one to the next. */
  readonly pause: number;
  /** Seconds of silence after which a worker is taken for dead. */
  readonly silence: number;
  readonly repetitions: number;
}

/** What came of it. */
export interface ChaosResult {
  readonly events: Readonly<Record<string, number>>;
  readonly trials: number;
  /** Trials without a result in the table. */
  readonly lost: number;
  /** Trials that stand in it twice. */
  readonly doubles: number;
  /** Starts beyond one a trial. */
  readonly repeats: number;
  /** Whether tables and trials are those of a run on threads, byte for byte. */
  readonly isSame: boolean;
  readonly seconds: number;
  /** Whether the sweep came to its end. */
  readonly ended: boolean;
}

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** Trainings of a second or so. */
const METHODS = ['GMF', 'MLP', 'MF', 'BPR-MF'];
const DATA = ['--data', 'planted', '--users', '200', '--items', '150', '--ratings-per-user', '20'];
const TRAINING = ['--epochs', '60', '--patience', '60', '--batch', '256', '--bootstrap', '0', '--dim', '16'];

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function chaos(options: ChaosOptions, say: (text: string) => void = () => {}): Promise<ChaosResult> {
  const { folder, workers, repetitions, silence, pause } = options;
  const draw = random(options.seed);
  const began = Date.now();
  const env = { ...process.env, EXPOBENCH_CACHE: join(folder, 'cache') };
  const server = await TestRedis.start(join(folder, 'redis'));
  const said: string[] = [];
  const children = new Set<ChildProcess>();
  const start = (words: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [main, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.resume();
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    children.add(child);
    child.on('exit', () => children.delete(child));
    return child;
  };
  const sweepWords = (out: string): string[] => [
    'sweep',
    'quick',
    ...DATA,
    ...TRAINING,
    '--models',
    ...METHODS,
    '--repetitions',
    String(repetitions),
    '--out',
    out,
  ];
  /** Ends a process, and waits for that. */
  const kill = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  const startWorker = (): ChildProcess =>
    // Thirty events can take three starts from one trial.
    start(['worker', '--queue', server.url, '--workers', '1', '--silence', String(silence), '--attempts', '50']);
  const startSweep = (): ChildProcess => start([...sweepWords('chaos'), '--queue', server.url]);
  const isDone = (): boolean => existsSync(join(folder, 'chaos', 'manifest.json'));
  const counts: Record<string, number> = {};
  const linesSaid = (beginning: string): number =>
    said
      .join('')
      .split('\n')
      .filter((line) => line.startsWith(beginning)).length;
  const waitFor = async (holds: () => boolean, most: number): Promise<void> => {
    for (const end = Date.now() + most; !holds() && Date.now() < end; ) await sleep(100);
  };
  try {
    const fleet = Array.from({ length: workers }, startWorker);
    let sweep = startSweep();
    const any = (): number => Math.floor(draw() * workers);
    const events: Readonly<Record<string, () => Promise<void>>> = {
      'kill -9 of a worker': async () => {
        const place = any();
        await kill(fleet[place] as ChildProcess);
        fleet[place] = startWorker();
      },
      'a worker frozen for twice the silence': async () => {
        const frozen = fleet[any()] as ChildProcess;
        frozen.kill('SIGSTOP');
        setTimeout(() => frozen.kill('SIGCONT'), 2000 * silence);
      },
      'a restart of the server': async () => {
        await server.stop(draw() < 0.5 ? 'SIGKILL' : 'SIGTERM');
        await sleep(1000 * draw());
        await server.start();
      },
      'kill -9 of the coordinator': async () => {
        await kill(sweep);
        sweep = startSweep();
      },
    };
    const names = Object.keys(events);
    const ended = (): number => linesSaid('ended ');
    const trials = METHODS.length * repetitions;
    await waitFor(() => linesSaid('takes ') > 0, 120_000);
    for (let event = 0; event < options.events && !isDone(); event++) {
      // Spread over the sweep, on a fast machine as on a slow one: with the trials that have ended, and now and then without.
      await waitFor(() => ended() >= (0.8 * trials * event) / options.events, 10 * pause);
      await sleep(pause * draw());
      const name = names[Math.floor(draw() * names.length)] as string;
      say(name);
      counts[name] = (counts[name] ?? 0) + 1;
      await events[name]?.();
    }
    const patience = Date.now() + 1000 * (60 + 30 * silence + 3 * METHODS.length * repetitions);
    while (!isDone() && Date.now() < patience) await sleep(200);
    if (isDone())
      await new Promise((resolve) => (children.has(sweep) ? sweep.once('exit', resolve) : resolve(undefined)));
  } finally {
    for (const child of [...children]) {
      child.kill('SIGCONT');
      await kill(child);
    }
    await server.stop();
  }
  const ended = isDone();
  const seconds = (Date.now() - began) / 1000;
  const plain = start(sweepWords('plain'));
  await new Promise((resolve) => plain.once('exit', resolve));
  const trials = METHODS.length * repetitions;
  const lines = ended
    ? readFileSync(join(folder, 'chaos', 'trials.ndjson'), 'utf8')
        .trim()
        .split('\n')
    : [];
  const keys = lines
    .filter((line) => line.includes('"result"'))
    .map((line) => (JSON.parse(line) as { key: string }).key);
  return {
    events: counts,
    trials,
    lost: trials - new Set(keys).size,
    doubles: keys.length - new Set(keys).size,
    repeats: linesSaid('takes ') - trials,
    isSame: ended && isSameRun(join(folder, 'chaos'), join(folder, 'plain')),
    seconds,
    ended,
  };
}

/** Whether two runs are the same bytes, but for what tells of machines and times. */
function isSameRun(one: string, other: string): boolean {
  const filesOf = (folder: string): string[] =>
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => statSync(join(folder, name)).isFile() && !/^(environment\.json|report\.html)$/.test(name))
      .sort();
  const [a, b] = [filesOf(one), filesOf(other)];
  return (
    a.join('\n') === b.join('\n') &&
    a.every((name) => readFileSync(join(one, name)).equals(readFileSync(join(other, name))))
  );
}
