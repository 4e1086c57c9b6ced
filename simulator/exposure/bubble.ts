import { z } from 'zod';
import { LIMITS, mostText } from '../../support/limits.js';
import { largestIn } from '../blocks.js';
import { kMeans, nearest } from '../k_means.js';
import { byUser, defineExposure } from './exposure.js';

/**
 * Filter bubbles: items fall into clusters by k-means on z; a user's own cluster is the one whose centre has the largest inner
 * product with x. e = strength inside it and 0 outside.
 */
export const bubble = defineExposure({
  name: 'bubble',
  summary: "strength for items of the user's own cluster, 0 for others",
  settings: z.object({
    strength: z.number().default(1),
    clusters: z.number().int().min(2).max(LIMITS.clusters.most, mostText('clusters')).default(8),
  }),
  isBounded: () => true,
  create(context, { strength, clusters }) {
    const { kernels, dim, items, seed } = context;
    const z = kernels.floats(context.z).slice();
    const centres = kMeans(kernels, z, items, dim, Math.min(clusters, items), seed);
    const clusterOf = Int32Array.from({ length: items }, (_, item) =>
      nearest(centres, z.subarray(item * dim, (item + 1) * dim)),
    );
    const x = kernels.floats(context.x).slice();
    const own = (user: number): number => {
      const products = centres.map((centre) =>
        centre.reduce((sum, c, k) => sum + c * (x[user * dim + k] as number), 0),
      );
      return products.indexOf(Math.max(...products));
    };
    const value = (cluster: number, item: number): number => (clusterOf[item] === cluster ? strength : 0);
    return {
      ...byUser(context, (user, out) => {
        const cluster = own(user);
        for (let item = 0; item < items; item++) out[item] = value(cluster, item);
      }),
      sparse: {
        coordinates: [{ dim, values: z }],
        prepare(blocks) {
          const largest = centres.map((_, cluster) =>
            largestIn(
              blocks,
              clusterOf.map((of) => Number(of === cluster)),
            ),
          );
          const least = centres.map((_, cluster) =>
            largestIn(
              blocks,
              clusterOf.map((of) => -Number(of === cluster)),
            ),
          );
          return (user, out) => {
            const [most, few] = [largest[own(user)], least[own(user)]] as [Float32Array, Float32Array];
            // With a negative strength the largest e of a block is where the fewest are of the user's cluster.
            for (let b = 0; b < blocks.count; b++)
              out[b] = strength > 0 ? strength * (most[b] as number) : -strength * (few[b] as number);
          };
        },
        listed(user, list, out) {
          const cluster = own(user);
          for (let k = 0; k < list.length; k++) out[k] = value(cluster, list[k] as number);
        },
      },
    };
  },
});
