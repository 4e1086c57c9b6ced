import { spawnSync } from 'node:child_process';

/**
 * Milliseconds of one training step in PyTorch on one CPU thread, written as a user of PyTorch would; undefined where python3 (or
 * $EXPOBENCH_PYTHON) has no torch.
 */
export function torchStep(model: 'GMF' | 'MLP' | 'NCF'): number | undefined {
  const python = process.env['EXPOBENCH_PYTHON'] ?? 'python3';
  const { status, stdout } = spawnSync(python, ['-c', PROGRAM, model], { encoding: 'utf8' });
  const value = Number(stdout?.trim());
  return status === 0 && value > 0 ? value : undefined;
}

const PROGRAM = `
import sys, time, torch
from torch.nn import functional as F
torch.set_num_threads(1)
torch.manual_seed(0)
users, items, dim, positives, negatives = 6040, 3706, 32, 2048, 4
table = lambda rows, width: torch.nn.Embedding(rows, width, sparse=True)
u, i, bu, bi = table(users, dim), table(items, dim), table(users, 1), table(items, 1)
if sys.argv[1] == 'GMF':
    net, tables = torch.nn.Linear(dim, 1), [u, i, bu, bi]
    forward = lambda a, b: net(u(a) * i(b)) + bu(a) + bi(b)
elif sys.argv[1] == 'NCF':
    nn = torch.nn
    pu, pi, mu, mi = table(users, 24), table(items, 24), table(users, 16), table(items, 16)
    net = nn.ModuleList([nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU()), nn.Linear(32, 1)])
    tables = [pu, pi, mu, mi]
    forward = lambda a, b: net[1](torch.cat([net[0](torch.cat([mu(a), mi(b)], -1)), pu(a) * pi(b)], -1))
else:
    net = torch.nn.Sequential(torch.nn.Linear(2 * dim, 32), torch.nn.ReLU(), torch.nn.Linear(32, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    tables = [u, i]
    forward = lambda a, b: net(torch.cat([u(a), i(b)], -1))
optimizers = [torch.optim.SparseAdam([t.weight for t in tables], lr=.005), torch.optim.Adam(net.parameters(), lr=.005)]
times = []
for step in range(70):
    a = torch.randint(users, (positives, 1)).repeat(1, 1 + negatives)
    b = torch.randint(items, a.shape)
    y = torch.zeros(a.shape)
    y[:, 0] = 1
    start = time.perf_counter()
    for o in optimizers: o.zero_grad()
    F.binary_cross_entropy_with_logits(forward(a, b).squeeze(-1), y).backward()
    for o in optimizers: o.step()
    times.append(time.perf_counter() - start)
print(sorted(times[10:])[30] * 1e3)
`;
