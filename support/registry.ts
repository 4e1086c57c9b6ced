import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { UserError } from './errors.js';

/** What every named thing has. `name` is what a person types. */
export interface Named {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
}

/** Things that people name: models, exposure functions, data sets, suites. Names are found whatever their case. */
export class Registry<Entry extends { readonly name: string }> {
  private readonly entries: ReadonlyMap<string, Entry>;

  /** `what` is the word for one entry in messages: "model". */
  constructor(
    readonly what: string,
    entries: readonly Entry[],
  ) {
    this.entries = new Map(entries.map((entry) => [entry.name.toLowerCase(), entry]));
  }

  /** With more entries. Throws UserError where a name is there already. */
  with(more: readonly Entry[]): Registry<Entry> {
    if (more.length === 0) return this;
    const all = new Map(this.entries);
    for (const entry of more) {
      const key = entry.name.toLowerCase();
      if (all.has(key))
        throw new UserError(`there is a ${this.what} "${all.get(key)?.name}" already: name yours otherwise`);
      all.set(key, entry);
    }
    return new Registry(this.what, [...all.values()]);
  }

  get all(): readonly Entry[] {
    return [...this.entries.values()];
  }

  get names(): readonly string[] {
    return this.all.map((entry) => entry.name);
  }

  has(name: string): boolean {
    return this.entries.has(name.toLowerCase());
  }

  /** Throws UserError with the nearest names for an unknown one. */
  get(name: string): Entry {
    const entry = this.entries.get(name.toLowerCase());
    if (!entry) throw new UserError(unknownName(this.what, name, this.names));
    return entry;
  }
}

const sorted = (name: string): string => [...name].sort().join('');

/** Names that somebody may have meant who wrote another one. */
export function nearNames(name: string, known: readonly string[]): string[] {
  return known.filter((other) => {
    const [a, b] = [name.toLowerCase(), other.toLowerCase()];
    if (sorted(a) === sorted(b)) return true; // letters that changed places
    return distance(a, b) <= Math.max(1, Math.floor(b.length / 3)) || (a.length > 2 && b.startsWith(a));
  });
}

/** "unknown model "GFM": did you mean GMF? Known: ...". */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const near = nearNames(name, known);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}? ` : '';
  return `unknown ${what} "${name}": ${hint}Known: ${known.join(', ')}`;
}

/** Checks the settings of a named thing and fills in defaults. Throws UserError naming the setting. */
export function checkSettings(
  what: string,
  name: string,
  schema: z.ZodObject,
  given: Readonly<Record<string, number | string>>,
): Record<string, unknown> {
  const known = Object.keys(schema.shape);
  for (const setting of Object.keys(given)) {
    if (known.includes(setting)) continue;
    throw new UserError(
      known.length === 0
        ? `the ${what} "${name}" has no setting, so not "${setting}"`
        : unknownName(`setting of "${name}"`, setting, known),
    );
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError(`${what} "${name}", setting "${issue?.path.join('.')}": ${issue?.message}`);
}
