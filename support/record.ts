import { z } from 'zod';

/**
 * A record by names of a user's: as z.record, but that no name is left out, "__proto__" among them, and none is found in it that every object has.
 */
export function recordByName<Value extends z.ZodType>(schema: Value) {
  return z.unknown().transform((given, context): Record<string, z.output<Value>> => {
    const out = Object.create(null) as Record<string, z.output<Value>>;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      context.issues.push({ code: 'custom', message: 'must be an object', input: given });
      return out;
    }
    for (const [name, value] of Object.entries(given)) {
      const parsed = schema.safeParse(value);
      if (parsed.success) out[name] = parsed.data;
      else
        for (const { message, path } of parsed.error.issues)
          context.issues.push({ code: 'custom', message, path: [name, ...path], input: value });
    }
    return out;
  });
}

/** What a record holds under a name of the user's, which may be one that every object has, such as "constructor". */
export function ownEntry<Value>(record: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
