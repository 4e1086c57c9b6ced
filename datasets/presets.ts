import { z } from 'zod';
import { UserError } from '../support/errors.js';
import { FILTER_PRESETS, type FilterOptions, NO_FILTER } from './filter.js';
import type { MemoryOptions } from './memory.js';
import type { SplitRule } from './split.js';

/** How ratings become data to train and test on. */
export interface Preparation extends MemoryOptions {
  readonly filter: FilterOptions;
  readonly split: SplitRule;
}

/**
 * A.6.2 as the paper's text says, and as the authors' program does: strict bounds, every record an interaction of its own, so that the last two records
 * of a user may be of items that they had before, the validation part trained on, and candidates among all items.
 */
export const PREPARATIONS = {
  paper: { filter: FILTER_PRESETS.paper, split: 'leave-last-two' },
  authors: {
    filter: { ...FILTER_PRESETS.authors, duplicates: 'all' },
    split: 'leave-last-two-records',
    trainOnValidation: true,
    anyCandidates: 100,
  },
} as const satisfies Record<string, Preparation>;

export type PresetName = keyof typeof PREPARATIONS;

const count = z.number().int().min(0).max(1e9);

/** What a suite says of how a data set is prepared; what is not said is as the preset has it, or without one neither filtered nor changed. */
export const preparationSchema = z.strictObject({
  preset: z.enum(Object.keys(PREPARATIONS) as [PresetName, ...PresetName[]]).optional(),
  minItem: count.optional(),
  minUser: count.optional(),
  maxUser: count.optional(),
  rule: z.enum(['once', 'until-stable']).optional(),
  duplicates: z.enum(['first', 'last', 'all']).optional(),
  count: z.enum(['pairs', 'records']).optional(),
  split: z.enum(['leave-last-two', 'leave-last-two-records', 'random']).optional(),
  trainOnValidation: z.boolean().optional(),
  anyCandidates: z.number().int().min(0).max(1000).optional(),
});

export type PreparationChoices = z.infer<typeof preparationSchema>;

/** A preset with what is said besides. Throws UserError where repeated records would be split as pairs. */
export function preparationOf({
  preset,
  split,
  trainOnValidation,
  anyCandidates,
  ...filter
}: PreparationChoices): Preparation {
  const base: Preparation =
    preset === undefined ? { filter: NO_FILTER, split: 'leave-last-two' } : PREPARATIONS[preset];
  const said = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  const made: Preparation = {
    filter: { ...base.filter, ...said },
    split: split ?? base.split,
    trainOnValidation: trainOnValidation ?? base.trainOnValidation,
    anyCandidates: anyCandidates ?? base.anyCandidates,
  };
  if (made.split === 'leave-last-two-records' && made.filter.duplicates !== 'all')
    return { ...made, split: 'leave-last-two' };
  if (made.split === 'random' && made.filter.duplicates === 'all')
    throw new UserError('--split random draws for pairs: with --duplicates all choose --split leave-last-two-records');
  return made;
}
