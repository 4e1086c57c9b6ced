import { UserError } from '../../support/errors.js';
import { type EstimateDefinition, weighted } from './estimate.js';

/**
 * A click comes in proportion to p_rel p_exp of its pair, so that `1/exposure`, the weight 1 / p_exp, makes of test clicks what they would be
 * if all items were shown alike. `relevance/exposure` weights by p_rel / p_exp, as the paper says (A.6.4), and counts relevance twice.
 */
export const UNBIASED_WEIGHTS = ['relevance/exposure', '1/exposure'] as const;
export type UnbiasedWeight = (typeof UNBIASED_WEIGHTS)[number];
/** As a person may say it: `paper` is relevance/exposure. */
export const WEIGHT_NAMES = [...UNBIASED_WEIGHTS, 'paper'] as const;
export type WeightName = (typeof WEIGHT_NAMES)[number];

export const weightNamed = (name: WeightName): UnbiasedWeight => (name === 'paper' ? 'relevance/exposure' : name);

/** For simulated data. When its size is small, a few rarely shown items decide. */
export const unbiased: EstimateDefinition = {
  name: 'unbiased',
  summary:
    'test items weighted by the true probability of exposure: unbiased:1/exposure, or unbiased:relevance/exposure as in the paper',
  make(argument = '1/exposure') {
    const name = WEIGHT_NAMES.find((one) => one === argument);
    if (!name) throw new UserError(`the estimate "unbiased:${argument}": write one of ${WEIGHT_NAMES.join(', ')}`);
    const weight = weightNamed(name);
    return {
      ...{ key: `unbiased:${weight}`, title: 'unbiased evaluation', label: `unbiased, ${weight}` },
      note: ({ clip }) =>
        `The same, test items weighted by ${weight} from the truth${clip > 0 ? `, p_exp at least ${clip}` : ''}.`,
      async of({ data: { truth }, test: { rows }, values, weights: settings }) {
        if (!truth) return undefined;
        const weights = Float64Array.from(rows, (row) => {
          const gain = weight === '1/exposure' ? 1 : (truth.relevance[row] as number);
          return gain / Math.max(settings.clip, truth.exposure[row] as number);
        });
        return weighted(values, weights, settings, 'the true exposures');
      },
    };
  },
};
