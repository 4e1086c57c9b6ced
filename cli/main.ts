#!/usr/bin/env node
/**
 * The process around the program, which runs in a thread of its own: so this one is always free to hear of a signal, whatever is being computed,
 * and can say what happened where the thread dies of too little memory.
 */
import { rmdirSync, rmSync, writeSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { BroadcastChannel, SHARE_ENV, Worker } from 'node:worker_threads';
import { faultText, oneLine, sentenceOf, UserError } from '../support/errors.js';
import type { Leftovers } from '../support/pending.js';
import { PROGRAM } from '../support/version.js';
import { WATCHED, type Watched, Watcher } from '../support/watched.js';
import type { Ask, Start, Told } from './thread.js';

const MISTAKE = 2;

/** Milliseconds that the program's thread has to put things away before the process does it; a thread that computes does not hear. */
const PATIENCE = 500;

/** The program's thread, once it is started. */
let thread: Worker | undefined;

/** What is half-written, and locks that are held. */
let pending: Leftovers = { partial: [], made: [] };
let code: number | undefined;

/** Says one sentence on stderr, if anybody can be told. */
function say(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // Nobody can.
  }
}

function removePending(): void {
  for (const folder of pending.partial) {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // A thread that still runs writes into it; it is recognised by its name.
    }
  }
  for (const folder of pending.made) {
    try {
      rmdirSync(folder);
    } catch {
      // It holds something else.
    }
  }
}

/** One sentence for what the thread could not say itself. */
function fail(error: unknown): void {
  removePending();
  say(`expobench: ${oneLine(sentenceOf(error) ?? faultText(error))}`);
  process.exitCode = code = MISTAKE;
}

/** Seconds that a function of the user's may take for one user. */
const OWN_SECONDS = Number(process.env['EXPOBENCH_EXPOSURE_SECONDS']) || 120;

/** The file that the function is in, as far as the command says so; a suite's file may name several. */
function ownFile(): string {
  const words = process.argv.slice(2);
  const at = words.findIndex((word) => /^--exposure(=|$)/.test(word));
  const file = words[at]?.includes('=') ? words[at]?.slice('--exposure='.length) : words[at + 1];
  return at < 0 ? '' : ` in "${file}"`;
}

const watcher = new Watcher(OWN_SECONDS);
const watched = new BroadcastChannel(WATCHED);
watched.onmessage = (message) => watcher.add((message as { data: Watched }).data);
watched.unref();
setInterval(() => {
  const user = watcher.look();
  if (user === undefined) return;
  fail(
    new UserError(
      `the exposure function${ownFile()} has not ended for user ${user} after ${OWN_SECONDS} seconds: does it loop? If it only takes long, allow more by EXPOBENCH_EXPOSURE_SECONDS`,
    ),
  );
  process.exit(MISTAKE);
}, 1000).unref();

let signal: NodeJS.Signals = 'SIGINT';
let waiting: NodeJS.Timeout | undefined;

/** Ends the process by the signal that it got, which shells show as 128 and the signal's number. */
function end(): void {
  removePending();
  if (process.stderr.isTTY) say('\u001b[?25h'); // a bar hides the cursor
  say(
    '\nexpobench: stopped; nothing half-written was kept (a sweep, a replication and a simulation in parts go on where they were when they are started again)',
  );
  process.removeAllListeners(signal);
  // Leaving in another way while threads still load can abort the whole process.
  process.kill(process.pid, signal);
}

const words = process.argv.slice(2);
// A job of Slurm's hears by it that its time is nearly up; elsewhere Node.js opens its debugger.
const ofJob = words[0] === 'task' || process.env['EXPOBENCH_SLURM'] ? (['SIGUSR1'] as const) : [];
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', ...ofJob] as const) {
  process.on(name, () => {
    signal = name;
    const ask: Ask = { signal: name };
    thread?.postMessage(ask);
    clearTimeout(waiting);
    waiting = setTimeout(end, PATIENCE);
  });
}
// A file that grows over `ulimit -f` is then an error of writing, and not the end of the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => {});

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') {
    removePending();
    process.exit(0); // the reader of a pipe has seen enough
  }
  if (code === MISTAKE) return;
  say(`expobench: the result cannot be written to standard output: ${oneLine(sentenceOf(error) ?? error.message)}`);
  process.exitCode = code = MISTAKE;
});
process.stderr.on('error', () => {}); // nobody can be told

const terminalOf = ({ isTTY = false, columns }: NodeJS.WriteStream) => ({ isTTY, columns });

/** Runs the program on the words that follow its name. */
function startThread(argv: string[]): Worker {
  const start: Start = { stdout: terminalOf(process.stdout), stderr: terminalOf(process.stderr) };
  const started = new Worker(new URL('./thread.js', import.meta.url), {
    argv,
    env: SHARE_ENV,
    workerData: start,
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(getHeapStatistics().heap_size_limit / 2 ** 20) },
  });
  started.on('message', (told: Told) => {
    if (told.kind === 'pending') pending = told.left;
    else if (told.kind === 'ended') process.exitCode = code ??= told.code;
    else if (told.kind === 'stops') clearTimeout(waiting);
    else end();
  });
  started.on('error', fail);
  started.on('exit', () => {
    clearTimeout(waiting);
    if (code === undefined) fail(new Error('the program ended before its work did'));
  });
  return started;
}

// Scripts ask for the version again and again, and no thread is needed to say it.
if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) process.stdout.write(`${PROGRAM.version}\n`);
else thread = startThread(words);
