import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import type { Catalogue, UserModule } from '../benchmarks/catalogue.js';
import { catalogueOf, commandsOf, isOwnFile, methodsOf, readModule } from '../benchmarks/own_files.js';
import type { Suite } from '../benchmarks/suites/suite.js';
import { note } from './io.js';

/** Options for files of one's own besides those that `--models` names. */
export function ownFileOptions<T>(argv: Argv<T>) {
  const option = (what: string) =>
    ({
      type: 'string',
      array: true,
      describe: `files of your own that define ${what} (see docs)`,
      group: 'Evaluation:',
    }) as const;
  return argv.option('metrics', option('metrics')).option('estimates', option('estimates'));
}

export interface OwnFileArguments {
  readonly metrics?: readonly string[];
  readonly estimates?: readonly string[];
}

/** Files of the user's that have been read, with what they mean. */
export interface OwnFiles {
  readonly catalogue: Catalogue;
  /** The methods asked for, files by the names of what they define. */
  readonly methods: readonly string[] | undefined;
}

/** Reads the files among methods, and those of metrics and estimates. Says which commands they run. Throws UserError naming the file. */
export async function readOwnFiles(
  methods: readonly string[] | undefined,
  { metrics = [], estimates = [] }: OwnFileArguments,
  known: readonly UserModule[] = [],
): Promise<OwnFiles> {
  const modules = new Map(known.map((module) => [resolve(module.path), module]));
  const read = async (path: string): Promise<UserModule> => {
    const module = modules.get(resolve(path)) ?? (await readModule(path));
    modules.set(resolve(path), module);
    return module;
  };
  for (const path of [...metrics, ...estimates]) await read(path);
  const named: string[] = [];
  for (const method of methods ?? [])
    named.push(...(isOwnFile(method) ? await methodsOf(await read(method)) : [method]));
  const all = [...modules.values()];
  const added = all.filter((module) => !known.includes(module));
  for (const command of commandsOf(added)) note(command);
  return { catalogue: await catalogueOf(all), methods: methods && named };
}

/** A suite whose methods may be files beside it. */
export async function withOwnMethods(
  suite: Suite,
  folder: string,
  { catalogue }: OwnFiles,
): Promise<{ suite: Suite; catalogue: Catalogue }> {
  const files = suite.methods
    .map((entry) => (typeof entry === 'string' ? entry : entry.method))
    .filter(isOwnFile)
    .map((path) => resolve(folder, path));
  if (files.length === 0) return { suite, catalogue };
  const own = await readOwnFiles(files, {}, catalogue.modules);
  const methods: Suite['methods'] = [];
  for (const entry of suite.methods) {
    const text = typeof entry === 'string' ? entry : entry.method;
    if (!isOwnFile(text)) {
      methods.push(entry);
      continue;
    }
    const module = own.catalogue.modules.find(({ path }) => resolve(path) === resolve(folder, text)) as UserModule;
    for (const name of await methodsOf(module))
      methods.push(typeof entry === 'string' ? name : { ...entry, method: name });
  }
  return { suite: { ...suite, methods }, catalogue: own.catalogue };
}
