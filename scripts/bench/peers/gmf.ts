import { ParameterFactory, WasmKernels } from '../../../compute/index.js';
import { type Interactions, sharedInt32 } from '../../../datasets/interactions.js';
import { crossEntropy } from '../../../models/losses.js';
import { trainOnClicks } from '../../../models/plain_training.js';
import { createModel } from '../../../models/registry.js';
import { TRAINER_DEFAULTS } from '../../../models/trainer.js';
import type { PeerJob } from './job.js';

const [DIM, BATCH, NEGATIVES] = [32, 2048, 4];

/** An epoch of GMF with sampling of negatives, which in the peer's program may hit what the user knows: less work for the peer. */
export const gmfJob: PeerJob = {
  name: 'GMF, an epoch',
  peer: 'PyTorch eager, SparseAdam',
  modules: ['torch'],
  ours({ users, itemCount, starts, items }) {
    const kernels = new WasmKernels();
    const size = { users, items: itemCount, dim: DIM };
    const user = sharedInt32(items.length);
    for (let u = 0; u < users; u++) user.fill(u, starts[u], starts[u + 1]);
    const ids = (count: number): string[] => Array.from({ length: count }, (_, id) => String(id));
    const data: Interactions = {
      ...{ name: 'bench', userIds: ids(users), itemIds: ids(itemCount), user, item: items },
      ...{ rating: undefined, time: undefined, split: undefined },
    };
    const model = createModel('GMF', kernels, new ParameterFactory(kernels, 1), size);
    const trainer = { ...TRAINER_DEFAULTS, batch: BATCH, negatives: NEGATIVES, epochs: 1 };
    return () => trainOnClicks({ kernels, data, size, validate: async () => 0 }, model, crossEntropy, trainer);
  },
  python: `
import torch
from torch import nn
torch.set_num_threads(1)
U = torch.from_numpy(np.repeat(np.arange(users), np.diff(X.indptr)))
I = torch.from_numpy(X.indices.astype(np.int64))
table = lambda rows, width: nn.Embedding(rows, width, sparse=True)
u, i, bu, bi, net = table(users, ${DIM}), table(items, ${DIM}), table(users, 1), table(items, 1), nn.Linear(${DIM}, 1)
chosen = [torch.optim.SparseAdam([t.weight for t in (u, i, bu, bi)], lr=.005), torch.optim.Adam(net.parameters(), lr=.005)]
def work():
    for rows in torch.randperm(len(U)).split(${BATCH}):
        a = U[rows].repeat_interleave(${1 + NEGATIVES})
        b = torch.cat([I[rows, None], torch.randint(items, (len(rows), ${NEGATIVES}))], 1).reshape(-1)
        y = torch.zeros(len(a))
        y[::${1 + NEGATIVES}] = 1
        loss = nn.functional.binary_cross_entropy_with_logits((net(u(a) * i(b)) + bu(a) + bi(b)).squeeze(-1), y)
        for o in chosen: o.zero_grad()
        loss.backward()
        for o in chosen: o.step()
`,
};
