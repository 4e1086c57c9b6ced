import type { Suite } from './suite.js';

const PRESET = { preset: 'authors' } as const;
const OUTSIDE = { ...PRESET, anyCandidates: 0 };
const APART = { ...OUTSIDE, trainOnValidation: false };

/**
 * What the authors' program does to LastFM, undone step by step: of its last records most are of artists that the user had tagged before, and were
 * trained on, so that the published figures measure memory.
 */
export const lastfmRiddle: Suite = {
  name: 'lastfm-riddle',
  summary: "the paper's LastFM: Hit@10 as the authors' program reads the data, and as each of its steps is undone",
  data: [
    { from: 'lastfm', name: "as the authors' program", at: 0, prepare: PRESET },
    { from: 'lastfm', name: 'candidates outside what the user had', at: 1, prepare: OUTSIDE },
    { from: 'lastfm', name: 'and validation not trained on', at: 2, prepare: APART },
    { from: 'lastfm', name: 'and one record a pair', at: 3, prepare: { ...APART, duplicates: 'first' } },
    { from: 'lastfm', name: "and the text's filters", at: 4, prepare: { preset: 'paper' } },
  ],
  methods: [
    'Pop',
    { method: 'CF', settings: { set: { CF: { matrix: 'counts' } } } },
    ...['MLP', 'GMF'],
    { method: 'Attn', label: 'Attn, mean', settings: { set: { Attn: { variant: 'mean' } } } },
    'Attn',
    'PS:GMF/Pop',
    'PS:GMF/PopSigmoid',
  ],
  tables: ['standard'],
  figures: [{ kind: 'data', x: "steps of the authors' program undone" }],
  budgets: {
    small: { repetitions: 1, settings: { epochs: 20, patience: 20, bootstrap: 0 } },
    paper: { repetitions: 10 },
  },
};
