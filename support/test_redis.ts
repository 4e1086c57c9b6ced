/** For tests: a server of a queue of one's own, where there is a program of one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Redis, or Valkey, on this machine; undefined where neither is. */
export const redisProgram: string | undefined = [
  process.env['EXPOBENCH_REDIS_SERVER'],
  'redis-server',
  'valkey-server',
].find((name) => name && spawnSync(name, ['--version']).status === 0);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server that can be stopped and started again, with what it wrote down. */
export class TestRedis {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  /** `options` as on the server's command line. */
  static async start(folder: string, ...options: string[]): Promise<TestRedis> {
    mkdirSync(folder, { recursive: true });
    const server = new TestRedis(folder, await freePort(), options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  get socket(): string {
    return join(this.folder, 'redis.sock');
  }

  /** Starts it again, on the same port. */
  async start(): Promise<void> {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--unixsocket', this.socket];
    const kept = ['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
    const child = spawn(redisProgram as string, [...own, ...kept, ...this.options], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.child = child;
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for (let wait = 0; !/Ready to accept/i.test(said); wait++) {
      if (child.exitCode !== null || wait > 500) throw new Error(`the server did not start: ${said}`);
      await sleep(20);
    }
    child.stdout.removeAllListeners('data').resume();
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}
