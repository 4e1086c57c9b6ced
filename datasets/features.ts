import { UserError } from '../support/errors.js';
import { unknownName } from '../support/registry.js';
import { sharedFloat64 } from './interactions.js';
import { type PackedStrings, packStrings, unpackStrings } from './packed_strings.js';

/** Numbers as they are, dates as seconds since 1970, categories as texts. */
export type FeatureKind = 'number' | 'date' | 'category';

/** A column of users or items, in the order of their dense ids. Plain data in shared memory. */
export interface FeatureColumn {
  readonly name: string;
  readonly kind: FeatureKind;
  /** Numbers, seconds, or codes into `names`; NaN where the value is missing. */
  readonly values: Float64Array;
  /** Of categories. */
  readonly names?: PackedStrings | undefined;
}

/** Original ids of users or items, with what is known of each. */
export interface FeatureTable {
  readonly role: 'user' | 'item';
  /** What messages call it: the name of a file. */
  readonly source: string | undefined;
  readonly ids: PackedStrings;
  readonly columns: readonly FeatureColumn[];
}

/** Features of both sides. */
export interface Features {
  readonly users: FeatureTable;
  readonly items: FeatureTable;
}

/** What a feature is, to a function: a number (dates in seconds since 1970), or a text. */
export type FeatureValue = number | string;

/** Whether a value is the wanted one; of a text with several, such as Comedy|Drama, whether one of them is. */
export const holds = (value: FeatureValue, wanted: FeatureValue): boolean =>
  value === wanted || (typeof value === 'string' && value.split('|').some((part) => part.trim() === wanted));

/** Ids without features. */
export const idsAlone = (role: 'user' | 'item', ids: readonly string[]): FeatureTable => ({
  ...{ role, source: undefined, ids: packStrings(ids), columns: [] },
});

/** Columns by name, as a program has them: numbers, truths, dates or texts in the order of the ids; null where a value is missing. */
export type FeatureLists = Readonly<Record<string, readonly (number | boolean | string | Date | null | undefined)[]>>;

/** Features from lists in memory. Throws UserError for a list of another length, or of values of different kinds. */
export function featureTable(role: 'user' | 'item', ids: readonly string[], lists: FeatureLists = {}): FeatureTable {
  const columns = Object.entries(lists).map(([name, list]): FeatureColumn => {
    if (list.length !== ids.length)
      throw new UserError(`feature "${name}" has ${list.length} values for ${ids.length} ${role}s`);
    const given = list.filter((value) => value !== null && value !== undefined);
    const kinds = new Set(
      given.map((value) => (value instanceof Date ? 'date' : typeof value === 'string' ? 'category' : 'number')),
    );
    if (kinds.size > 1)
      throw new UserError(`feature "${name}" holds values of different kinds: ${[...kinds].sort().join(', ')}`);
    const [kind = 'number'] = kinds;
    if (kind === 'category') return categories(name, list as readonly (string | null)[]);
    const number = (value: (typeof list)[number]): number =>
      value === null || value === undefined
        ? Number.NaN
        : value instanceof Date
          ? value.getTime() / 1000
          : Number(value);
    return { name, kind, values: shared(list.map(number)) };
  });
  return { ...idsAlone(role, ids), columns };
}

/** A column of texts; null or nothing where one is missing. */
export function categories(name: string, texts: readonly (string | null | undefined)[]): FeatureColumn {
  const names = [...new Set(texts.filter((text): text is string => !!text))].sort();
  const codes = new Map(names.map((text, code) => [text, code]));
  const values = shared(texts.map((text) => codes.get(text as string) ?? Number.NaN));
  return { name, kind: 'category', values, names: packStrings(names) };
}

function shared(values: readonly number[]): Float64Array {
  const out = sharedFloat64(values.length);
  out.set(values);
  return out;
}

/** Reads a table's values row by row. */
export class FeatureReader {
  readonly ids: readonly string[];
  private readonly columns: ReadonlyMap<
    string,
    { readonly kind: FeatureKind; readonly at: (row: number) => FeatureValue | undefined }
  >;

  constructor(readonly table: FeatureTable) {
    this.ids = unpackStrings(table.ids);
    this.columns = new Map(
      table.columns.map(({ name, kind, values, names }) => {
        const texts = names && unpackStrings(names);
        const at = (row: number): FeatureValue | undefined => {
          const value = values[row] as number;
          return Number.isNaN(value) ? undefined : texts ? texts[value] : value;
        };
        return [name, { kind, at }];
      }),
    );
  }

  /** What a column holds. Throws UserError naming the columns where there is none of that name. */
  kindOf(name: string): FeatureKind {
    return this.column(name).kind;
  }

  /** Reads a column. Throws UserError where there is none of that name. */
  valuesOf(name: string): (row: number) => FeatureValue {
    const { at } = this.column(name);
    const { role, source } = this.table;
    return (row) => {
      const value = at(row);
      if (value === undefined)
        throw new UserError(
          `${role} "${this.ids[row]}" has no "${name}"${source === undefined ? '' : ` in "${source}"`}: fill it in, or leave that ${role} out`,
        );
      return value;
    };
  }

  private column(name: string) {
    const column = this.columns.get(name);
    if (column) return column;
    const { role, source } = this.table;
    throw new UserError(
      source === undefined && this.columns.size === 0
        ? `e(x, z) asks for "${name}" of ${role}s, and there are no features of ${role}s: give them with --${role}-features FILE`
        : `e(x, z): ${unknownName(`column of ${role}s`, name, [...this.columns.keys()])}`,
    );
  }

  /**
   * Objects of the columns' values, one a row. What is missing throws when it is read, and so does a column that is not there: a function would go on
   * with undefined.
   */
  rows(): Readonly<Record<string, FeatureValue>>[] {
    const unknown = new Proxy(Object.freeze(Object.create(null)) as object, {
      get: (_target, name) => (typeof name === 'string' ? void this.column(name) : undefined),
    });
    const fields = Object.create(unknown) as object;
    for (const name of this.columns.keys()) {
      const value = this.valuesOf(name);
      Object.defineProperty(fields, name, {
        enumerable: true,
        get(this: { readonly [ROW]: number }) {
          return value(this[ROW]);
        },
      });
    }
    return this.ids.map((_, row) => Object.create(fields, { [ROW]: { value: row } }));
  }
}

const ROW = Symbol('row');
