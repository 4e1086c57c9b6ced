import { sharedInt32 } from '../datasets/interactions.js';
import type { DrawnPart, PartDrawer } from '../simulator/parts.js';
import type { WorldState } from '../simulator/world_state.js';
import type { Progress } from '../support/progress.js';
import { programBuild } from '../support/version.js';
import type { Executor, Provided } from './executors/executor.js';
import { packData } from './executors/packed_data.js';
import { keyOf } from './runner.js';
import type { DrawSettings } from './tasks/draw.js';

/** Pairs that are drawn in a second, about. */
const PAIRS_A_SECOND = 2e7;
/** Bytes of a thread that draws, besides the world. */
const BYTES = 3e8;

/** Draws parts of a simulation by an executor. */
export function drawnBy(
  executor: Executor,
  options: { readonly parts: number; readonly exposures: boolean; readonly label: string },
  progress: Progress,
): PartDrawer {
  return async (state, numbers, keep) => {
    const { parts: of, exposures, label } = options;
    const world = worldAlone(state);
    try {
      await executor.provide([world], []);
      progress.begin(`drawing ${numbers.length} of ${of} parts`, numbers.length);
      let done = 0;
      await Promise.all(
        numbers.map(async (number) => {
          const payload: DrawSettings = { number, of, exposures, label };
          const part = (await executor.run({
            key: keyOf({ work: 'draw', settings: payload }, world.sha256, programBuild()),
            ...{ kind: 'draw', payload, data: world.sha256, title: `part ${number} of ${of}` },
            seconds: (state.users * state.items) / of / PAIRS_A_SECOND,
            bytes: BYTES,
          })) as DrawnPart;
          await keep(number, part);
          progress.update(++done, executor.places?.());
        }),
      );
      progress.end();
    } finally {
      await executor.stop?.();
      await executor.close();
    }
  };
}

/** A world without clicks, named by all of its bytes. */
function worldAlone(world: WorldState): Provided {
  const none = { rating: undefined, time: undefined, split: undefined };
  const data = { name: 'world', userIds: [], itemIds: [], user: sharedInt32(0), item: sharedInt32(0), ...none };
  const one = { name: 'world', data, world, sha256: '' };
  return { ...one, sha256: packData(one).blob };
}
