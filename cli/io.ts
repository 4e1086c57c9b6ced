import type { Readable } from 'node:stream';
import type { Verb } from './verb.js';

/** Where a run of the program reads and writes: the process's streams, or a test's. */
export interface Io {
  out(text: string): unknown;
  err(text: string): unknown;
  input(): Readable;
  /** Whether results, and messages, are read by a person. */
  readonly isTerminal: boolean;
  readonly isErrorTerminal: boolean;
  /** Milliseconds of work before its progress is told, where it is not the usual. */
  readonly patience?: number;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
}

/** One run of the program. */
export interface Run {
  readonly io: Io;
  /** As they were typed. */
  readonly words: readonly string[];
  /** Whether nothing but results and errors is wanted. */
  quiet: boolean;
  /** The exit code that a verb chose. */
  code: number;
  /** How the verb says what an unknown option may mean. */
  saidOtherwise?: Verb['saidOtherwise'];
  /** What messages call files whose paths mean nothing to the user. */
  readonly shown: Map<string, string>;
  /** What is to be put away when it has ended. */
  readonly atEnd: (() => void)[];
}

let current: Run | undefined;

/** The run under way. */
export function currentRun(): Run {
  if (!current) throw new Error('verbs run within runProgram');
  return current;
}

export function beginRun(io: Io, words: readonly string[]): Run {
  current = { io, words, quiet: false, code: 0, shown: new Map(), atEnd: [] };
  return current;
}

/** Prints a result, for people or programs. */
export function print(text: string): void {
  currentRun().io.out(`${text}\n`);
}

/** Columns that results may take: those of a terminal; what is written to a file or a pipe is as wide as it is. */
export function resultWidth(): number {
  const { isTerminal, columns } = currentRun().io;
  return isTerminal ? (columns ?? 80) : Number.POSITIVE_INFINITY;
}

/** Prints a result as JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Says something besides the result, on stderr, unless that is not wanted. */
export function note(text: string): void {
  const { io, quiet } = currentRun();
  if (!quiet) io.err(`${text}\n`);
}
