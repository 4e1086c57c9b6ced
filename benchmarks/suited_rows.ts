import { lackOf, parseMethod } from '../methods/registry.js';
import type { Catalogue } from './catalogue.js';
import type { PlannedRow } from './plan.js';
import type { TrialData } from './suites/suite.js';

/** The rows of a plan that are run on some data. */
export interface SuitedRows {
  readonly rows: readonly PlannedRow[];
  /** Why each optional row is left out, in a sentence. */
  readonly leftOut: readonly string[];
}

/** Leaves out the optional rows that need what the data lack. */
export function suitedRows(
  { rows, catalogue }: { readonly rows: readonly PlannedRow[]; readonly catalogue: Catalogue },
  { data, world }: Pick<TrialData, 'data' | 'world'>,
): SuitedRows {
  const lacks = rows.map(({ settings, isOptional }) =>
    isOptional
      ? lackOf(parseMethod(settings.method, catalogue), data, settings.settings, world !== undefined)
      : undefined,
  );
  return {
    rows: rows.filter((_, r) => lacks[r] === undefined),
    leftOut: lacks.flatMap((lack) => (lack === undefined ? [] : [`left out: ${lack}`])),
  };
}
