import { spawnSync } from 'node:child_process';

export type TorchModel = 'GMF' | 'MLP' | 'NCF' | 'ACL' | 'Attn';

/**
 * Milliseconds of one training step in PyTorch, on one CPU thread or on a GPU by CUDA, written as a user of PyTorch would; undefined where python3
 * (or $EXPOBENCH_PYTHON) has no torch, or torch no such device.
 */
export function torchStep(model: TorchModel, device: 'cpu' | 'cuda' = 'cpu'): number | undefined {
  const python = process.env['EXPOBENCH_PYTHON'] ?? 'python3';
  const { status, stdout } = spawnSync(python, ['-c', PROGRAM, model, device], { encoding: 'utf8' });
  const value = Number(stdout?.trim());
  return status === 0 && value > 0 ? value : undefined;
}

const PROGRAM = `
import sys, time, torch
from torch import nn
from torch.nn import functional as F
torch.set_num_threads(1)
torch.manual_seed(0)
device = torch.device(sys.argv[2])
torch.set_default_device(device)
users, items, dim, positives, negatives, length, sequences = 6040, 3706, 32, 2048, 4, 50, 128
table = lambda rows, width: nn.Embedding(rows, width, sparse=True)
cross_entropy = F.binary_cross_entropy_with_logits

def gmf():
    u, i, bu, bi, net = table(users, dim), table(items, dim), table(users, 1), table(items, 1), nn.Linear(dim, 1)
    return [u, i, bu, bi], net, lambda a, b: (net(u(a) * i(b)) + bu(a) + bi(b)).squeeze(-1)

def mlp():
    u, i = table(users, dim), table(items, dim)
    net = nn.Sequential(nn.Linear(2 * dim, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
    return [u, i], net, lambda a, b: net(torch.cat([u(a), i(b)], -1)).squeeze(-1)

def ncf():
    pu, pi, mu, mi = table(users, 24), table(items, 24), table(users, 16), table(items, 16)
    net = nn.ModuleList([nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU()), nn.Linear(32, 1)])
    both = lambda a, b: torch.cat([net[0](torch.cat([mu(a), mi(b)], -1)), pu(a) * pi(b)], -1)
    return [pu, pi, mu, mi], net, lambda a, b: net[1](both(a, b)).squeeze(-1)

def optimizers(tables, *dense):
    return [torch.optim.SparseAdam([t.weight for t in tables], lr=.005), torch.optim.Adam(dense, lr=.005)]

def pairs():
    a = torch.randint(users, (positives, 1)).repeat(1, 1 + negatives)
    y = torch.zeros(a.shape)
    y[:, 0] = 1
    return a, torch.randint(items, a.shape), y

def descend(chosen, loss):
    for o in chosen: o.zero_grad()
    loss.backward()
    for o in chosen: o.step()

def plain(make):
    tables, net, forward = make()
    chosen = optimizers(tables, *net.parameters())
    return pairs, lambda a, b, y: descend(chosen, cross_entropy(forward(a, b), y))

def game():
    (ft, fn, f), (gt, gn, g) = gmf(), gmf()
    beta = nn.Parameter(torch.tensor([0., 1., 0.]))
    of, og = optimizers(ft, beta, *fn.parameters()), optimizers(gt, *gn.parameters())
    def harm(a, b, y):
        scores = g(a, b)
        G = torch.sigmoid(beta[0] + beta[1] * scores + beta[2] * y).clamp(.1, 1)
        return (cross_entropy(f(a, b), y, reduction='none') / G).mean(), cross_entropy(scores, y)
    def step(a, b, y):
        descend(of, harm(a, b, y)[0])
        loss, price = harm(a, b, y)
        descend(og, price - loss)
    return pairs, step

def attention():
    item, place = nn.Embedding(items + 1, dim), nn.Embedding(length, dim)
    part = lambda: nn.ModuleList([nn.LayerNorm(dim), nn.MultiheadAttention(dim, 2, batch_first=True), nn.LayerNorm(dim), nn.Linear(dim, dim), nn.Linear(dim, dim)])
    blocks, last = nn.ModuleList([part(), part()]), nn.LayerNorm(dim)
    mask, places = torch.triu(torch.ones(length, length, dtype=torch.bool), 1), torch.arange(length)
    every = [p for m in (item, place, blocks, last) for p in m.parameters()]
    chosen = [torch.optim.Adam(every, lr=.005)]
    def step(history, up, down):
        x = item(history) + place(places)
        for n1, attend, n2, first, second in blocks:
            q = n1(x)
            x = x + attend(q, q, q, attn_mask=mask, need_weights=False)[0]
            x = x + second(F.relu(first(n2(x))))
        x = last(x)
        up, down = (x * item(up)).sum(-1), (x * item(down)).sum(-1)
        descend(chosen, cross_entropy(up, torch.ones_like(up)) + cross_entropy(down, torch.zeros_like(down)))
    return lambda: [torch.randint(items, (sequences, length)) for _ in range(3)], step

draw, step = {'GMF': lambda: plain(gmf), 'MLP': lambda: plain(mlp), 'NCF': lambda: plain(ncf), 'ACL': game, 'Attn': attention}[sys.argv[1]]()
times = []
for _ in range(70):
    batch = draw()
    if device.type == 'cuda': torch.cuda.synchronize()
    start = time.perf_counter()
    step(*batch)
    if device.type == 'cuda': torch.cuda.synchronize()
    times.append(time.perf_counter() - start)
print(sorted(times[10:])[30] * 1e3)
`;
