/** What a line of trials.ndjson holds: who writes and who reads it parse with the same object. */
import { z } from 'zod';
import { recordByName } from '../support/record.js';

/** Raised with every change that old readers would misread. Lines without it are of version 0. */
export const RUN_VERSION = 1;

const metrics = recordByName(z.number());
/** By metric, how far each group of users moves it: base64 of float32. */
const moves = recordByName(z.string());

const exposureSchema = z.strictObject({
  meanG: z.number(),
  sdG: z.number(),
  sdWithin: z.number(),
  beta: z.tuple([z.number(), z.number(), z.number()]),
  game: z.strictObject({ regularizer: z.number(), objective: z.number(), metric: z.number() }).optional(),
});

const epochSchema = z.strictObject({
  epoch: z.number().int(),
  loss: z.number(),
  metric: z.number(),
  exposure: exposureSchema.optional(),
});

const anchors = z.strictObject({ random: metrics, 'best list': metrics, learnable: metrics, ideal: metrics });

/** What a trial came to. Records by name: a new metric or estimate changes nothing here. */
export const resultSchema = z.strictObject({
  backend: z.string().optional(),
  bestEpoch: z.number().int().optional(),
  epochs: z.array(epochSchema),
  exposureEpochs: z.array(epochSchema).optional(),
  chosenBy: z.enum(['hit@10', 'ndcg@10', 'mrr', 'loss', 'nothing']).optional(),
  validation: metrics,
  tested: z.strictObject({
    users: z.number().int(),
    items: z.number().int(),
    leftOut: z.number().int().optional(),
    older: z.number().int().optional(),
  }),
  estimates: recordByName(
    z.strictObject({ metrics, size: z.number().optional(), groups: moves.optional(), void: z.string().optional() }),
  ),
  lists: metrics,
  intervals: recordByName(z.strictObject({ low: z.number(), high: z.number() })).optional(),
  among: z.literal('given').optional(),
  truth: z.strictObject({ values: metrics, groups: moves.optional(), users: z.number().int(), anchors }).optional(),
  exposure: exposureSchema
    .extend({ collapsed: z.boolean(), why: z.string().optional(), correlation: z.number().optional() })
    .optional(),
  exposureStandard: metrics.optional(),
  online: z
    .strictObject({ shown: z.number(), clicks: z.number(), clickThroughRate: z.number(), expectedRate: z.number() })
    .optional(),
});

export const outcomeSchema = z.union([
  z.strictObject({ result: resultSchema }),
  z.strictObject({ metric: z.number(), finer: z.array(z.number()).optional() }),
  z.strictObject({ failure: z.string() }),
]);

export const keySchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256');

/** A line: what was run, by the hash of everything it depends on, and how it ended. */
export const lineSchema = z.strictObject({
  version: z.literal(RUN_VERSION),
  key: keySchema,
  data: z.string(),
  row: z.string(),
  /** From 0; absent for a training of a search for settings. */
  repetition: z.number().int().nonnegative().optional(),
  /** Which draw of its world's clicks it ran on, from 0, where there are several. */
  draw: z.number().int().nonnegative().optional(),
  outcome: outcomeSchema,
});
export type RunLine = z.infer<typeof lineSchema>;

/** What is shown of a result of version 0.5. */
const oldResult = z.looseObject({
  standard: metrics,
  unbiased: z.looseObject({ metrics }).optional(),
  oracle: metrics.optional(),
  epochs: z.array(z.unknown()),
  bestEpoch: z.number().optional(),
  exposure: z.looseObject({ collapsed: z.boolean() }).optional(),
});
const oldLineSchema = z.looseObject({
  data: z.string(),
  row: z.string(),
  repetition: z.number().optional(),
  outcome: z.strictObject({
    failure: z.string().optional(),
    metric: z.number().optional(),
    finer: z.unknown().optional(),
    result: oldResult.optional(),
  }),
});

/** What of a trial is shown, whatever version wrote it. */
export interface ShownTrial {
  readonly data: string;
  readonly row: string;
  readonly repetition?: number | undefined;
  readonly failure?: string | undefined;
  readonly metric?: number | undefined;
  readonly result?:
    | {
        readonly estimates: Readonly<Record<string, { readonly metrics: Readonly<Record<string, number>> }>>;
        readonly epochs: readonly unknown[];
        readonly bestEpoch?: number | undefined;
        readonly exposure?: { readonly collapsed: boolean } | undefined;
      }
    | undefined;
}

/** Reads a line of this version or of 0.5; undefined for one that is neither. */
export function shownTrial(value: unknown): ShownTrial | undefined {
  const known = lineSchema.safeParse(value).data;
  if (known) return { data: known.data, row: known.row, repetition: known.repetition, ...known.outcome };
  if (typeof value === 'object' && value !== null && 'version' in value) return undefined;
  const old = oldLineSchema.safeParse(value).data;
  if (!old) return undefined;
  const { data, row, repetition, outcome } = old;
  const { failure, metric, result } = outcome;
  if (failure === undefined && metric === undefined && !result) return undefined;
  if (!result) return { data, row, repetition, failure, metric };
  const { standard, unbiased, oracle, epochs, bestEpoch, exposure } = result;
  const estimates = {
    standard: { metrics: standard },
    ...(unbiased && { unbiased }),
    ...(oracle && { expected: { metrics: oracle } }),
  };
  return { ...{ data, row, repetition }, result: { estimates, epochs, bestEpoch, exposure } };
}
