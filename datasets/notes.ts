import type { ColumnNote, TableNotes } from '../support/arrow_writer.js';
import { datasets } from './registry.js';

/** What the columns of data mean, in whichever table they stand. */
const MEANINGS: Readonly<Record<string, ColumnNote>> = {
  user: { meaning: 'number of the user, from 0; users.arrow has the original id' },
  item: { meaning: 'number of the item, from 0; items.arrow has the original id' },
  id: { meaning: 'original id, as text' },
  rating: { meaning: 'explicit feedback, on the scale of the source' },
  time: {
    meaning: 'when it happened; in simulated data drawn within the time span of the ratings',
    unit: 's since 1970, UTC',
  },
  split: { meaning: 'part of the interactions: train, validation or test' },
  p_relevance: { meaning: 'true probability of a click, given that the item is shown', unit: 'probability' },
  p_exposure: { meaning: 'true probability that the item is shown to the user', unit: 'probability' },
  clicked: { meaning: 'whether what was shown was clicked' },
};

/** What tables of a data set say about themselves. */
export const notesFor = (data: string): TableNotes => ({ data, columns: MEANINGS });

/**
 * The data set as tables name it. Not by the name of a file: tables of the same rows are to be the same bytes, whichever file they came from, and
 * the manifest beside them has its name.
 */
export const labelOf = (name: string): string =>
  name === 'planted' || datasets.has(name) ? name : 'ratings of a file';
