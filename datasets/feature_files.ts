import { type Columns, notesOf, numbersOf, readTable, textOf, writeTable } from '../support/arrow.js';
import { categories, type FeatureColumn, type FeatureTable } from './features.js';
import { sharedFloat64 } from './interactions.js';
import { packStrings, unpackStrings } from './packed_strings.js';

const SECONDS = 's since 1970, UTC';

/** Writes features as a table: id, then a column a feature; numbers and dates as float64 with NaN, texts with nothing where a value is missing. */
export async function writeFeatures(path: string, { role, ids, columns }: FeatureTable): Promise<void> {
  const table: Record<string, Columns[string]> = { id: { kind: 'text', values: unpackStrings(ids) } };
  for (const { name, values, names } of columns) {
    const texts = names && unpackStrings(names);
    table[name] = texts
      ? { kind: 'text', values: Array.from(values, (code) => texts[code] ?? '') }
      : { kind: 'float64', values };
  }
  const notes = columns.map(({ name, kind }) => [
    name,
    { meaning: `feature of the ${role}: ${kind}`, ...(kind === 'date' && { unit: SECONDS }) },
  ]);
  const id = { meaning: 'original id, as text' };
  await writeTable(path, table, { columns: { id, ...Object.fromEntries(notes) } });
}

/** Reads what `writeFeatures` wrote. */
export async function readFeatureTable(path: string, role: 'user' | 'item'): Promise<FeatureTable> {
  const table = await readTable(path);
  const { columns: notes = {} } = await notesOf(path);
  const names = table.schema.names.map(String).filter((name) => name !== 'id');
  const columns = names.map((name): FeatureColumn => {
    const note = notes[name];
    if (note?.meaning.endsWith('category')) return categories(name, textOf(table, name));
    const values = numbersOf(table, name, sharedFloat64(table.numRows), path);
    return { name, kind: note?.unit === SECONDS ? 'date' : 'number', values };
  });
  return { role, source: undefined, ids: packStrings(textOf(table, 'id')), columns };
}
