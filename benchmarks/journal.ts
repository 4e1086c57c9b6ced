import { accessSync, appendFileSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { keySchema, lineSchema, outcomeSchema, RUN_VERSION, type RunLine } from '../results/run_schema.js';
import { writeDurably } from '../support/durable.js';
import { atPlace } from '../support/errors.js';
import { lineSum } from '../support/hash.js';
import { makeFolder } from '../support/make_folder.js';
import type { Outcome } from './trial.js';

/** A line of trials.ndjson. */
export interface TrialLine extends Omit<RunLine, 'version' | 'outcome'> {
  readonly outcome: Outcome;
}

/** A line as it is written: with a checksum, by which one that was changed or cut off is told. */
const summedLineSchema = lineSchema.extend({ sum: z.string() });

const entrySchema = z.strictObject({
  version: z.literal(RUN_VERSION),
  key: keySchema,
  outcome: outcomeSchema,
  sum: z.string(),
});

const withSum = (content: object): string => {
  const value = { version: RUN_VERSION, ...content };
  return JSON.stringify({ ...value, sum: lineSum(value) });
};

/** Reads what `withSum` wrote, if it is that to the letter and fits the schema. */
function readSummed<Value extends { readonly sum: string; readonly version: number }>(
  text: string,
  schema: z.ZodType<Value>,
): Omit<Omit<Value, 'sum'>, 'version'> | undefined {
  try {
    const { sum, ...value } = JSON.parse(text) as Value;
    const { version: _, ...content } = value;
    return sum === lineSum(value) && schema.safeParse({ ...value, sum }).success ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Lines of trials.ndjson; those that are cut off, were changed or are of another version are left out and counted. */
export function readLines(path: string): { lines: TrialLine[]; broken: number } {
  if (!existsSync(path)) return { lines: [], broken: 0 };
  const texts = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const lines = texts.map((text) => readSummed(text, summedLineSchema)).filter((line) => line !== undefined);
  return { lines, broken: texts.length - lines.length };
}

export const linesText = (lines: readonly TrialLine[]): string => lines.map((line) => `${withSum(line)}\n`).join('');

/** Finished trials of a run that is under way: appended and flushed one by one, so that a kill loses none. */
export class Journal {
  readonly outcomes: Map<string, Outcome>;
  /** Lines that could not be taken; their trials run again. */
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
    writeDurably(path, linesText(kept));
  }

  append(line: TrialLine): void {
    appendFileSync(this.path, linesText([line]), { flush: true });
    this.outcomes.set(line.key, line.outcome);
  }
}

/** Finished trials of all runs, a file each, for those who ask for it. */
export class TrialCache {
  /** `onBroken` is told of files that cannot be taken; their trials run again. */
  constructor(
    private readonly folder: string,
    private readonly onBroken?: (path: string) => void,
  ) {
    // Said before anything is trained, which then could not be kept.
    atPlace('cache', folder, () => {
      makeFolder(folder);
      accessSync(folder, constants.W_OK);
    });
  }

  get(key: string): Outcome | undefined {
    const path = this.path(key);
    if (!existsSync(path)) return undefined;
    const entry = readSummed(readFileSync(path, 'utf8'), entrySchema);
    if (entry?.key === key) return entry.outcome;
    this.onBroken?.(path);
    return undefined;
  }

  put(key: string, outcome: Outcome): void {
    writeDurably(this.path(key), withSum({ key, outcome }));
  }

  private path(key: string): string {
    return join(this.folder, key.slice(0, 2), `${key}.json`);
  }
}
