import { ParameterFactory, WasmKernels } from '../../../compute/index.js';
import { createModel } from '../../../models/registry.js';
import type { ModelSettings } from '../../../models/size.js';
import type { PeerJob } from './job.js';

const DIM = 32;

/** Fits a model in closed form. */
const fits =
  (name: string, settings?: ModelSettings): PeerJob['ours'] =>
  (train) => {
    const kernels = new WasmKernels();
    const size = { users: train.users, items: train.itemCount, dim: DIM };
    const model = createModel(name, kernels, new ParameterFactory(kernels, 1), size, settings);
    return () => model.fit?.(train, 1);
  };

export const itemKnnJob: PeerJob = {
  name: 'ItemKNN, 100 neighbours',
  peer: 'implicit CosineRecommender',
  modules: ['implicit'],
  ours: fits('ItemKNN', { neighbours: 100, shrink: 0 }),
  python: `
from implicit.nearest_neighbours import CosineRecommender
def work():
    CosineRecommender(K=100, num_threads=1).fit(X, show_progress=False)
`,
};

export const cfJob: PeerJob = {
  name: `CF, rank ${DIM}`,
  peer: 'SciPy svds',
  modules: ['scipy'],
  ours: fits('CF'),
  python: `
from scipy.sparse.linalg import svds
def work():
    svds(X, k=${DIM})
`,
};

const PENALTY = 500;

export const easeJob: PeerJob = {
  name: `EASE, penalty ${PENALTY}`,
  peer: 'NumPy inv, as in Steck 2019',
  modules: ['numpy'],
  ours: fits('EASE', { penalty: PENALTY }),
  python: `
def work():
    G = (X.T @ X).toarray()
    G[np.diag_indices(items)] += ${PENALTY}
    P = np.linalg.inv(G)
    B = P / -np.diag(P)
    B[np.diag_indices(items)] = 0
`,
};

export const ialsJob: PeerJob = {
  name: `iALS, ${DIM} factors, 16 iterations`,
  peer: 'implicit AlternatingLeastSquares',
  modules: ['implicit'],
  ours: fits('iALS', { iterations: 16 }),
  python: `
from implicit.als import AlternatingLeastSquares
def work():
    AlternatingLeastSquares(factors=${DIM}, iterations=16, num_threads=1, random_state=1).fit(X, show_progress=False)
`,
};
