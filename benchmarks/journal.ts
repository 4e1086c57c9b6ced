import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Outcome } from './runner.js';

/** A line of trials.ndjson: what was run, by the hash of everything it depends on, and how it ended. */
export interface TrialLine {
  /** Hash of settings, data and program. */
  readonly key: string;
  readonly data: string;
  readonly row: string;
  /** Absent for a training of a search for settings. */
  readonly repetition?: number | undefined;
  readonly outcome: Outcome;
}

/** Lines of trials.ndjson; those that cannot be read, such as one that a kill cut off, are left out and counted. */
export function readLines(path: string): { lines: TrialLine[]; broken: number } {
  if (!existsSync(path)) return { lines: [], broken: 0 };
  const texts = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const lines = texts.flatMap((text): TrialLine[] => {
    try {
      const line = JSON.parse(text) as TrialLine;
      return typeof line.key === 'string' && typeof line.outcome === 'object' ? [line] : [];
    } catch {
      return [];
    }
  });
  return { lines, broken: texts.length - lines.length };
}

export const linesText = (lines: readonly TrialLine[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** Finished trials of a run that is under way: appended and flushed one by one, so that a kill loses none. */
export class Journal {
  readonly outcomes: Map<string, Outcome>;
  /** Lines that could not be read; their trials run again. */
  readonly broken: number;

  /** Reads what a stopped run left; with `retryFailed` its failures are forgotten. */
  constructor(
    private readonly path: string,
    retryFailed: boolean,
  ) {
    const { lines, broken } = readLines(path);
    const kept = lines.filter(({ outcome }) => !(retryFailed && 'failure' in outcome));
    this.outcomes = new Map(kept.map(({ key, outcome }) => [key, outcome]));
    this.broken = broken;
    // Renamed, so that no kill can lose what was there.
    writeFileSync(`${path}.new`, linesText(kept), { flush: true });
    renameSync(`${path}.new`, path);
  }

  append(line: TrialLine): void {
    appendFileSync(this.path, linesText([line]), { flush: true });
    this.outcomes.set(line.key, line.outcome);
  }
}

/** Finished trials of all runs, a file each, for those who ask for it. */
export class TrialCache {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  get(key: string): Outcome | undefined {
    const path = this.path(key);
    if (!existsSync(path)) return undefined;
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Outcome;
    } catch {
      return undefined;
    }
  }

  put(key: string, outcome: Outcome): void {
    const path = this.path(key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(outcome));
    renameSync(`${path}.${process.pid}`, path);
  }

  private path(key: string): string {
    return join(this.folder, key.slice(0, 2), `${key}.json`);
  }
}
