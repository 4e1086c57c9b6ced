import type { Published } from '../published.js';

/** Table 2's rows under our labels: Hit@10 and NDCG@10, mean and standard deviation in percent. */
export const TABLE_2: Record<string, Published> = {
  'ml-1m': {
    Pop: { 'hit@10': [42.18, 0.2], 'ndcg@10': [21.99, 0.1] },
    CF: { 'hit@10': [60.97, 0.1], 'ndcg@10': [32.59, 0.1] },
    MLP: { 'hit@10': [61.01, 0.2], 'ndcg@10': [32.09, 0.3] },
    NCF: { 'hit@10': [63.37, 0.3], 'ndcg@10': [33.49, 0.1] },
    GMF: { 'hit@10': [63.97, 0.1], 'ndcg@10': [33.82, 0.2] },
    Attn: { 'hit@10': [82.66, 0.2], 'ndcg@10': [55.27, 0.1] },
    'PS:Attn/Pop': { 'hit@10': [81.97, 0.1], 'ndcg@10': [54.51, 0.1] },
    'ACL:GMF/GMF': { 'hit@10': [64.32, 0.2], 'ndcg@10': [33.7, 0.1] },
    'ACL:Attn/Attn': { 'hit@10': [83.64, 0.1], 'ndcg@10': [55.71, 0.2] },
  },
  lastfm: {
    Pop: { 'hit@10': [25.26, 0.2], 'ndcg@10': [15.35, 0.1] },
    CF: { 'hit@10': [52.97, 0.3], 'ndcg@10': [31.54, 0.2] },
    MLP: { 'hit@10': [81.86, 0.3], 'ndcg@10': [58.38, 0.2] },
    NCF: { 'hit@10': [81.87, 0.3], 'ndcg@10': [57.33, 0.4] },
    GMF: { 'hit@10': [83.12, 0.3], 'ndcg@10': [58.96, 0.2] },
    Attn: { 'hit@10': [71.89, 0.3], 'ndcg@10': [59.75, 0.2] },
    'PS:GMF/Pop': { 'hit@10': [82.64, 0.2], 'ndcg@10': [58.84, 0.2] },
    'ACL:GMF/GMF': { 'hit@10': [83.64, 0.2], 'ndcg@10': [59.11, 0.1] },
    'ACL:Attn/Attn': { 'hit@10': [72.02, 0.2], 'ndcg@10': [59.45, 0.1] },
  },
  goodreads: {
    Pop: { 'hit@10': [43.36, 0.1], 'ndcg@10': [22.73, 0.2] },
    CF: { 'hit@10': [60.32, 0.2], 'ndcg@10': [37.73, 0.1] },
    MLP: { 'hit@10': [62.17, 0.2], 'ndcg@10': [37.65, 0.1] },
    NCF: { 'hit@10': [63.11, 0.3], 'ndcg@10': [38.78, 0.3] },
    GMF: { 'hit@10': [63.78, 0.1], 'ndcg@10': [38.69, 0.1] },
    Attn: { 'hit@10': [72.63, 0.2], 'ndcg@10': [48.98, 0.1] },
    'PS:Attn/Pop': { 'hit@10': [73.39, 0.1], 'ndcg@10': [49.92, 0.3] },
    'ACL:GMF/GMF': { 'hit@10': [64.17, 0.2], 'ndcg@10': [39.53, 0.1] },
    'ACL:Attn/Attn': { 'hit@10': [73.82, 0.3], 'ndcg@10': [49.99, 0.1] },
  },
};

/** Table 1, unbiased evaluation on simulated data. */
export const TABLE_1: Record<string, Published> = {
  'ml-1m': {
    Pop: { 'hit@10': [33.76, 0.1], 'ndcg@10': [17.75, 0.1] },
    CF: { 'hit@10': [38.27, 0.2], 'ndcg@10': [18.59, 0.2] },
    MLP: { 'hit@10': [39.43, 0.2], 'ndcg@10': [20.09, 0.2] },
    GMF: { 'hit@10': [39.0, 0.2], 'ndcg@10': [19.28, 0.3] },
    'PS:MLP/Pop': { 'hit@10': [39.6, 0.12], 'ndcg@10': [20.26, 0.1] },
    'PS:MLP/MLP': { 'hit@10': [39.24, 0.3], 'ndcg@10': [20.1, 0.2] },
    'PS:MLP/oracle': { 'hit@10': [39.68, 0.3], 'ndcg@10': [20.33, 0.2] },
    'PS:GMF/Pop': { 'hit@10': [39.0, 0.2], 'ndcg@10': [19.33, 0.3] },
    'PS:GMF/GMF': { 'hit@10': [39.47, 0.1], 'ndcg@10': [19.58, 0.2] },
    'PS:GMF/oracle': { 'hit@10': [39.1, 0.2], 'ndcg@10': [19.3, 0.1] },
    'ACL:MLP/MLP': { 'hit@10': [40.32, 0.1], 'ndcg@10': [20.81, 0.2] },
    'ACL:GMF/GMF': { 'hit@10': [39.08, 0.2], 'ndcg@10': [19.61, 0.1] },
  },
  goodreads: {
    Pop: { 'hit@10': [26.62, 0.3], 'ndcg@10': [14.29, 0.2] },
    CF: { 'hit@10': [30.9, 0.2], 'ndcg@10': [16.43, 0.1] },
    MLP: { 'hit@10': [31.78, 0.2], 'ndcg@10': [16.58, 0.2] },
    GMF: { 'hit@10': [29.59, 0.3], 'ndcg@10': [14.94, 0.2] },
    'PS:MLP/Pop': { 'hit@10': [31.9, 0.3], 'ndcg@10': [16.65, 0.2] },
    'PS:MLP/MLP': { 'hit@10': [30.61, 0.2], 'ndcg@10': [15.72, 0.2] },
    'PS:MLP/oracle': { 'hit@10': [33.82, 0.1], 'ndcg@10': [17.81, 0.2] },
    'PS:GMF/Pop': { 'hit@10': [30.01, 0.3], 'ndcg@10': [15.24, 0.2] },
    'PS:GMF/GMF': { 'hit@10': [31.36, 0.2], 'ndcg@10': [16.4, 0.2] },
    'PS:GMF/oracle': { 'hit@10': [33.5, 0.1], 'ndcg@10': [17.28, 0.2] },
    'ACL:MLP/MLP': { 'hit@10': [33.45, 0.2], 'ndcg@10': [17.5, 0.1] },
    'ACL:GMF/GMF': { 'hit@10': [32.51, 0.2], 'ndcg@10': [16.85, 0.1] },
  },
};

/** Tables A.2, propensity scores and ACL. */
export const TABLE_A2_PS: Record<string, Published> = {
  'ml-1m': {
    'PS:MLP/Pop': { 'hit@10': [61.93, 0.2], 'ndcg@10': [33.37, 0.1] },
    'PS:MLP/MLP': { 'hit@10': [60.85, 0.1], 'ndcg@10': [31.9, 0.2] },
    'PS:GMF/Pop': { 'hit@10': [64.21, 0.3], 'ndcg@10': [34.96, 0.1] },
    'PS:GMF/GMF': { 'hit@10': [62.19, 0.1], 'ndcg@10': [32.53, 0.2] },
    'PS:NCF/Pop': { 'hit@10': [63.78, 0.4], 'ndcg@10': [34.05, 0.1] },
    'PS:NCF/NCF': { 'hit@10': [61.28, 0.2], 'ndcg@10': [30.98, 0.3] },
    'PS:Attn/Pop': { 'hit@10': [81.97, 0.1], 'ndcg@10': [54.51, 0.1] },
    'PS:Attn/Attn': { 'hit@10': [81.05, 0.2], 'ndcg@10': [52.33, 0.1] },
  },
  lastfm: {
    'PS:MLP/Pop': { 'hit@10': [82.06, 0.3], 'ndcg@10': [57.55, 0.2] },
    'PS:MLP/MLP': { 'hit@10': [81.32, 0.1], 'ndcg@10': [58.16, 0.1] },
    'PS:GMF/Pop': { 'hit@10': [82.64, 0.2], 'ndcg@10': [58.83, 0.2] },
    'PS:GMF/GMF': { 'hit@10': [81.87, 0.1], 'ndcg@10': [57.92, 0.3] },
    'PS:NCF/Pop': { 'hit@10': [82.29, 0.3], 'ndcg@10': [58.4, 0.1] },
    'PS:NCF/NCF': { 'hit@10': [80.35, 0.2], 'ndcg@10': [57.02, 0.3] },
    'PS:Attn/Pop': { 'hit@10': [72.71, 0.2], 'ndcg@10': [60.13, 0.2] },
    'PS:Attn/Attn': { 'hit@10': [70.98, 0.1], 'ndcg@10': [59.33, 0.2] },
  },
  goodreads: {
    'PS:MLP/Pop': { 'hit@10': [62.59, 0.1], 'ndcg@10': [38.01, 0.2] },
    'PS:MLP/MLP': { 'hit@10': [60.03, 0.3], 'ndcg@10': [37.32, 0.1] },
    'PS:GMF/Pop': { 'hit@10': [64.92, 0.2], 'ndcg@10': [39.21, 0.1] },
    'PS:GMF/GMF': { 'hit@10': [64.43, 0.2], 'ndcg@10': [38.45, 0.1] },
    'PS:NCF/Pop': { 'hit@10': [63.75, 0.2], 'ndcg@10': [38.85, 0.2] },
    'PS:NCF/NCF': { 'hit@10': [61.44, 0.2], 'ndcg@10': [38.03, 0.1] },
    'PS:Attn/Pop': { 'hit@10': [73.39, 0.3], 'ndcg@10': [49.99, 0.1] },
    'PS:Attn/Attn': { 'hit@10': [71.37, 0.2], 'ndcg@10': [49.18, 0.2] },
  },
};

export const TABLE_A2_ACL: Record<string, Published> = {
  'ml-1m': {
    'ACL:MLP/MLP': { 'hit@10': [62.04, 0.2], 'ndcg@10': [33.59, 0.2] },
    'ACL:GMF/GMF': { 'hit@10': [64.32, 0.2], 'ndcg@10': [33.7, 0.1] },
    'ACL:NCF/NCF': { 'hit@10': [63.97, 0.2], 'ndcg@10': [34.81, 0.1] },
    'ACL:Attn/Attn': { 'hit@10': [83.64, 0.1], 'ndcg@10': [55.71, 0.2] },
  },
  lastfm: {
    'ACL:MLP/MLP': { 'hit@10': [82.88, 0.2], 'ndcg@10': [57.43, 0.2] },
    'ACL:GMF/GMF': { 'hit@10': [83.64, 0.2], 'ndcg@10': [59.11, 0.1] },
    'ACL:NCF/NCF': { 'hit@10': [83.09, 0.2], 'ndcg@10': [58.93, 0.2] },
    'ACL:Attn/Attn': { 'hit@10': [72.02, 0.2], 'ndcg@10': [59.45, 0.1] },
  },
  goodreads: {
    'ACL:MLP/MLP': { 'hit@10': [62.9, 0.2], 'ndcg@10': [38.57, 0.1] },
    'ACL:GMF/GMF': { 'hit@10': [64.57, 0.2], 'ndcg@10': [39.54, 0.1] },
    'ACL:NCF/NCF': { 'hit@10': [63.95, 0.2], 'ndcg@10': [38.72, 0.1] },
    'ACL:Attn/Attn': { 'hit@10': [73.82, 0.3], 'ndcg@10': [49.99, 0.1] },
  },
};
