import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { parse } from 'yaml';
import { UserError } from '../../support/errors.js';
import { unknownName } from '../../support/registry.js';
import type { MethodDefinition } from '../method.js';
import { externalMethod } from './program.js';
import { type MethodFile, methodFileSchema } from './schema.js';

/** What is kept of a method file: all that its trials depend on, so that a worker, or another machine, makes the same of it. */
interface Kept {
  readonly file: MethodFile;
  /** Where it lies, which the command is run in. */
  readonly folder: string;
  /** SHA-256 of the files that it names. */
  readonly files: Readonly<Record<string, string>>;
}

export interface ReadMethodFile {
  readonly file: MethodFile;
  readonly folder: string;
  readonly definition: MethodDefinition;
  /** All of it, to be read again elsewhere. */
  readonly source: string;
}

/**
 * Reads a method file, or what was kept of one. Throws UserError that names the file and the setting at fault.
 */
export function methodFile(path: string, kept?: string): ReadMethodFile {
  const read = kept === undefined ? readMethodFile(path) : (JSON.parse(kept) as Kept);
  const { file, folder } = read;
  return { file, folder, definition: externalMethod(file, folder), source: JSON.stringify(read) };
}

function readMethodFile(path: string): Kept {
  if (!existsSync(path)) throw new UserError(`"${path}" does not exist: "expobench init method" writes an example`);
  const text = readFileSync(path, 'utf8');
  let said: unknown;
  try {
    said =
      extname(path).toLowerCase() === '.json' ? JSON.parse(text) : parse(text, { schema: 'core', logLevel: 'silent' });
  } catch (error) {
    throw new UserError(`"${path}" cannot be read: ${(error as Error).message.split('\n')[0]}`);
  }
  const parsed = methodFileSchema.safeParse(said);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === 'unrecognized_keys')
      throw new UserError(
        `"${path}": ${unknownName('setting', issue.keys[0] as string, Object.keys(methodFileSchema.shape))}`,
      );
    const place = issue?.path.join('.');
    const what =
      issue?.code === 'invalid_type'
        ? issue.message.includes('undefined')
          ? 'is missing'
          : `must be ${issue.expected}`
        : issue?.message;
    throw new UserError(`"${path}"${place ? `, ${place}` : ''}: ${what}`);
  }
  const folder = dirname(resolve(path));
  const { settings = {}, tuning = {} } = parsed.data;
  const strange = Object.keys(tuning).find((name) => typeof settings[name] !== 'number');
  if (strange !== undefined)
    throw new UserError(`"${path}", tuning.${strange}: settings has no number of that name, whose default it would be`);
  const files = Object.fromEntries(
    (parsed.data.files ?? []).map((name) => {
      const file = resolve(folder, name);
      if (!existsSync(file)) throw new UserError(`"${path}", files: "${name}" does not exist beside it`);
      return [name, createHash('sha256').update(readFileSync(file)).digest('hex')];
    }),
  );
  return { file: parsed.data, folder, files };
}
