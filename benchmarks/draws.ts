import { Drawing } from '../simulator/drawing.js';
import { drawAgain } from '../simulator/in_memory.js';
import { UserError } from '../support/errors.js';
import { silent } from '../support/progress.js';
import { hashData, type OpenedData } from './suite_data.js';

/**
 * Each data set with more draws of its clicks, one list a data set: the same world, whose final clicks are drawn anew. Throws UserError for data without a
 * world.
 */
export async function drawnAgain(
  data: readonly OpenedData[],
  draws: number,
  workers: number | undefined,
): Promise<OpenedData[][]> {
  if (draws === 1) return data.map((one) => [one]);
  const without = data.find(({ world }) => !world);
  if (without)
    throw new UserError(
      `--draws draws the clicks of a simulated world again, and "${without.name}" has none: name a folder made by "expobench simulate"`,
    );
  const drawing = new Drawing(workers, silent);
  try {
    const all: OpenedData[][] = [];
    for (const first of data) {
      const own: OpenedData[] = [{ ...first, draw: 0 }];
      for (let draw = 1; draw < draws; draw++) {
        const { data: clicks, state } = await drawAgain(first.world as never, first.data, draw, drawing);
        own.push({ ...first, data: clicks, world: state, draw, sha256: hashData(clicks, state) });
      }
      all.push(own);
    }
    return all;
  } finally {
    await drawing.close();
  }
}
