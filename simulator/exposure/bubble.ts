import { z } from 'zod';
import { kMeans, nearest } from '../k_means.js';
import { byUser, defineExposure } from './exposure.js';

/**
 * Filter bubbles: items fall into clusters by k-means on z; a user's own cluster is the one whose centre has the largest inner
 * product with x. e = strength inside it and 0 outside.
 */
export const bubble = defineExposure({
  name: 'bubble',
  summary: "clusters of items; a user's own cluster is shown more",
  settings: z.object({ strength: z.number().default(1), clusters: z.number().int().min(2).default(8) }),
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
    return byUser(context, (user, out) => {
      const cluster = own(user);
      for (let item = 0; item < items; item++) out[item] = clusterOf[item] === cluster ? strength : 0;
    });
  },
});
