import { UserError } from '../../support/errors.js';
import { LIMITS } from '../../support/limits.js';
import { Registry } from '../../support/registry.js';
import { hit } from './hit.js';
import { averagePrecision } from './map.js';
import type { ItemMetric, Metric, MetricFamily, UserMetric } from './metric.js';
import { mrr } from './mrr.js';
import { ndcg } from './ndcg.js';
import { precision } from './precision.js';
import { recall } from './recall.js';

/** Every metric of test items. A new one is a file in this folder and a line here. */
export const metricFamilies = new Registry<MetricFamily>('metric', [
  hit,
  ndcg,
  mrr,
  recall,
  precision,
  averagePrecision,
]);

/** Cutoffs where nobody says. */
export const CUTOFFS = [5, 10] as const;

/** Families whose metrics stand in tables where nobody says which. */
const SHOWN: readonly MetricFamily[] = [hit, ndcg];

/** Names of the metrics that tables show where nobody says: Hit and NDCG at each cutoff. */
export const shownMetrics = (cutoffs: readonly number[] = CUTOFFS): string[] =>
  SHOWN.flatMap((family) => cutoffs.map((k) => family.make(k).name));

/** Reads "ndcg@10" or "mrr". Throws UserError for what names none. */
export function metricNamed(name: string, families: Registry<MetricFamily> = metricFamilies): Metric {
  const [, family = name, cutoff] = /^(.*)@(\d+)$/.exec(name) ?? [];
  const known = families.get(family);
  if (known.hasCutoff !== (cutoff !== undefined))
    throw new UserError(
      known.hasCutoff
        ? `metric "${name}": write how many places count, such as ${known.name}@10`
        : `metric "${name}": ${known.name} has no cutoff`,
    );
  const k = Number(cutoff ?? 1);
  if (k < 1 || k > LIMITS.cutoff.most)
    throw new UserError(`metric "${name}": the cutoff is from 1 to ${LIMITS.cutoff.most}`);
  return known.make(k);
}

/** All metrics at the cutoffs, those of items apart from those of users. */
export function metricsAt(
  cutoffs: readonly number[],
  families: Registry<MetricFamily> = metricFamilies,
): { items: ItemMetric[]; users: UserMetric[] } {
  const all = families.all.flatMap((family) =>
    family.hasCutoff ? cutoffs.map((k) => family.make(k)) : [family.make(0)],
  );
  return {
    items: all.filter((metric) => metric.of === 'item'),
    users: all.filter((metric) => metric.of === 'user'),
  };
}
