import { Worker } from 'node:worker_threads';
import { thrownText, UserError } from './errors.js';

/** What the thread is to do with a user's module. */
export interface OwnModule {
  /** Bundled, with all that it imports. */
  readonly source: string;
  /** Whether to call what it exports once, with these; else its default export is wanted. */
  readonly call?: readonly unknown[] | undefined;
}

/** What became of it. */
export type OwnAnswer =
  | { readonly exports: Readonly<Record<string, string>>; readonly value: unknown }
  | { readonly problem: string };

/**
 * Runs a module of the user's in a thread of its own, where it can loop, throw, print and exit without harm. Gives the type of each of its exports
 * and the default one's value, where it is wanted. Throws UserError naming the file. What it prints goes to stderr.
 */
export async function runOwnModule(
  path: string,
  module: OwnModule,
  seconds = 20,
): Promise<Extract<OwnAnswer, { value: unknown }>> {
  const thread = new Worker(new URL('./own_module_thread.js', import.meta.url), {
    workerData: module,
    stdout: true,
    argv: [],
  });
  thread.stdout.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  let clock: NodeJS.Timeout | undefined;
  try {
    const answer = await new Promise<OwnAnswer>((resolve) => {
      clock = setTimeout(
        () => resolve({ problem: `has not ended after ${seconds} seconds: does it loop, or wait for something?` }),
        1000 * seconds,
      );
      thread.on('message', resolve);
      thread.on('error', (error: unknown) => resolve({ problem: `failed: ${thrownText(error)}` }));
      thread.on('exit', () => resolve({ problem: 'ended its thread, by process.exit perhaps, before it answered' }));
    });
    if ('problem' in answer) throw new UserError(`"${path}" ${answer.problem}`);
    return answer;
  } finally {
    clearTimeout(clock);
    await thread.terminate();
  }
}
