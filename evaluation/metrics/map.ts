import type { MetricFamily } from './metric.js';

export const averagePrecision: MetricFamily = {
  name: 'map',
  summary: "mean precision at the places of a user's test items among the first k",
  hasCutoff: true,
  make: (k) => ({
    ...{ of: 'user', name: `map@${k}`, title: `MAP@${k}`, unit: 'share' },
    ofPlaces(places) {
      const found = places.filter((place) => place < k);
      return found.reduce((sum, place, n) => sum + (n + 1) / (place + 1), 0) / Math.min(k, places.length);
    },
  }),
};
