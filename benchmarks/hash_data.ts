import { createHash } from 'node:crypto';
import type { Interactions } from '../datasets/interactions.js';
import type { PlantedOptions } from '../datasets/planted.js';
import type { WorldState } from '../simulator/world_state.js';

/** SHA-256 of what a trial can see. */
export function hashData(data: Interactions, world: WorldState | undefined, planted?: PlantedOptions): string {
  const hash = createHash('sha256');
  hash.update(`${data.userIds.length} ${data.itemIds.length} ${data.user.length}`);
  if (world) hash.update(JSON.stringify(world.config));
  if (planted) hash.update(JSON.stringify(planted));
  for (const column of [
    ...[data.user, data.item, data.split, data.time, data.rating, data.truth?.relevance, data.truth?.exposure],
    ...[data.candidates, data.exposed?.user, data.exposed?.item],
  ]) {
    hash.update(column ? new Uint8Array(column.buffer, column.byteOffset, column.byteLength) : 'none');
  }
  return hash.digest('hex');
}
