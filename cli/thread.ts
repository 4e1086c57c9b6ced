/** The thread that the program runs in. The process around it hears of signals, and tells this one. */
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { discardPending, type Leftovers, watchPending } from '../support/pending.js';
import { askToStop } from './interrupt.js';
import type { Io } from './io.js';
import { INTERRUPTED, runProgram } from './program.js';

/** What a stream of the process is. */
interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
}

/** What the process says when the thread starts. */
export interface Start {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** The process asks the thread to stop. */
export interface Ask {
  readonly signal: NodeJS.Signals;
}

/** What the thread tells the process. */
export type Told =
  /** Folders are half-written. */
  | { readonly kind: 'pending'; readonly left: Leftovers }
  /** It stops by itself, soon. */
  | { readonly kind: 'stops' }
  /** It has put everything away: the process may end. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'ended'; readonly code: number };

const port = parentPort as NonNullable<typeof parentPort>;
const { stdout, stderr } = workerData as Start;
// A thread's own streams do not know what they lead to.
Object.assign(process.stdout, stdout);
Object.assign(process.stderr, stderr);

const io: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  input: () => createReadStream('', { fd: 0, autoClose: false }),
  isTerminal: stdout.isTTY,
  isErrorTerminal: stderr.isTTY,
  columns: stdout.columns,
};

const tell = (told: Told): void => port.postMessage(told);
watchPending((left) => tell({ kind: 'pending', left }));
port.on('message', ({ signal }: Ask) => {
  const said = askToStop(signal);
  if (said !== undefined) {
    io.err(`\nexpobench: ${said}\n`);
    return tell({ kind: 'stops' });
  }
  discardPending();
  // Temporary folders are removed by those who made them.
  process.emit('exit', INTERRUPTED);
  tell({ kind: 'ready' });
});
// Listening alone does not keep the thread alive.
port.unref();

tell({ kind: 'ended', code: await runProgram(process.argv.slice(2), io) });
