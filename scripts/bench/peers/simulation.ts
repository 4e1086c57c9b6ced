import { World } from '../../../simulator/world.js';
import { benchWorld } from '../simulation.js';
import type { PeerJob } from './job.js';

const [USERS, ITEMS, DIM] = [6040, 3706, 32];

/** Both stages' draws over 22 million pairs with normal noise of every pair, exposure by affinity. */
export const simulationJob: PeerJob = {
  name: 'simulation, 6,040 x 3,706, both stages',
  peer: 'NumPy, vectorised by 64 users',
  modules: ['numpy'],
  async ours() {
    const world = await World.create(benchWorld());
    return () => {
      let clicks = 0;
      for (const stage of [1, 2] as const)
        for (let user = 0; user < USERS; user++) clicks += world.draw(user, stage).count;
      return clicks;
    };
  },
  python: `
rng = np.random.default_rng(1)
draw = lambda rows: rng.normal(0, .3, (rows, ${DIM})).astype(np.float32)
xe, ze, xr, zr = draw(${USERS}), draw(${ITEMS}), draw(${USERS}), draw(${ITEMS})
def work():
    clicks = 0
    for stage in (1, 2):
        for first in range(0, ${USERS}, 64):
            own = slice(first, min(first + 64, ${USERS}))
            dot = xe[own] @ ze.T
            log = -np.log1p(np.exp(4 - dot)) + .5 * rng.standard_normal(dot.shape, dtype=np.float32)
            if stage == 2: log += .5 * dot
            shown = rng.random(dot.shape, dtype=np.float32) < np.exp(np.minimum(log, 0))
            u, i = np.nonzero(shown)
            rating = 3.5 + (xr[own][u] * zr[i]).sum(1) - 4 - .5 * rng.standard_normal(len(u), dtype=np.float32)
            clicks += (rng.random(len(u), dtype=np.float32) < 1 / (1 + np.exp(-rating))).sum()
    return clicks
`,
};
