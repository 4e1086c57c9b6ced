import { z } from 'zod';
import { UserError } from '../support/errors.js';
import { factorization } from './factorization.js';
import { squaredError } from './losses.js';
import { defineModel } from './model.js';

/**
 * Matrix factorization of ratings with inverse propensity weights (Schnabel, Swaminathan, Singh, Chandak, Joachims 2016). By
 * itself the propensity is item popularity and the weights are self-normalised in each batch; as "PS:IPS-MF/g" it is any other g. Its parameters speak of standardised ratings, its
 * scores of ratings as they are.
 */
export const ipsMf = defineModel({
  name: 'IPS-MF',
  summary: 'matrix factorization of ratings, weighted by inverse propensity; needs ratings',
  trained: true,
  settings: z.object({
    propensity: z.string().min(1).default('Pop').describe('what ratings are weighted by: Pop, oracle, or a model'),
  }),
  needs: [{ what: 'ratings', why: 'IPS-MF learns from ratings' }],
  // PS, which it is a case of, divides by the propensity.
  loss: { learnsFrom: 'ratings', isWeightable: true, create: () => squaredError },
  create(kernels, make, size) {
    const model = factorization(make, size, { weighted: false });
    let [mean, deviation] = [0, 1];
    const scale = make.constant('rating mean and deviation', [2]);
    kernels.write(scale.value, Float32Array.of(mean, deviation));
    const parameters = [...model.parameters, scale];
    return {
      parameters,
      standardise(ofMean, ofDeviation) {
        [mean, deviation] = [ofMean, ofDeviation];
        kernels.write(scale.value, Float32Array.of(mean, deviation));
      },
      forward: (tape, pairs) => tape.linear(model.forward(tape, pairs), deviation, mean),
      restore(arrays) {
        for (const { name, value } of parameters) {
          const saved = arrays[name];
          if (saved?.values.length !== value.size)
            throw new UserError(
              `weights.arrow lacks "${name}" with ${value.size} numbers: it belongs to another version or was changed`,
            );
          kernels.write(value, saved.values);
          if (value === scale.value) [mean, deviation] = saved.values as unknown as [number, number];
        }
      },
    };
  },
});
