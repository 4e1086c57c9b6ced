import { extname } from 'node:path';
import type { EstimateDefinition } from '../evaluation/estimates/estimate.js';
import type { MetricFamily } from '../evaluation/metrics/metric.js';
import { methodFile } from '../methods/external/method_file.js';
import type { MethodDefinition } from '../methods/method.js';
import type { ModelDefinition } from '../models/model.js';
import type { PropensityDefinition } from '../propensities/propensity.js';
import { bundleModule } from '../support/bundle.js';
import { thrownText, UserError } from '../support/errors.js';
import { hashOf } from '../support/hash.js';
import { moduleUrl } from '../support/module_url.js';
import { runOwnModule } from '../support/own_module.js';
import type { Named } from '../support/registry.js';
import { builtIn, type Catalogue, type UserModule } from './catalogue.js';

const CODE = ['.ts', '.mts', '.js', '.mjs'];
const METHOD_FILES = ['.yaml', '.yml', '.json'];

/** Whether what stands in the place of a name is a file of the user's own. */
export const isOwnFile = (text: string): boolean => [...CODE, ...METHOD_FILES].includes(extname(text).toLowerCase());

/** How code of a user's names this program; it is the one that runs. */
const SELF = 'expobench';

/**
 * Reads a file of the user's: code is bundled, and tried once in a thread of its own, so that one that loops or exits is found before any work is
 * done. Throws UserError naming the file.
 */
export async function readModule(path: string): Promise<UserModule> {
  if (!CODE.includes(extname(path).toLowerCase())) {
    const source = methodFile(path).source;
    return { path, sha256: hashOf(source), source };
  }
  const source = await bundleModule(path, [SELF]);
  const { exports } = await runOwnModule(path, { source: withSelf(source), call: [] });
  if (Object.keys(exports).length === 0)
    throw new UserError(
      `"${path}" exports nothing: export what defineModel, defineMethod, defineMetric or defineEstimate gives`,
    );
  return { path, sha256: hashOf(source), source };
}

/** Imports of the program by its name become imports of the one that runs: a module without a place finds nothing by name. */
function withSelf(source: string): string {
  const address = new URL('../index.js', import.meta.url).href;
  return source.replaceAll(
    /(from\s*|import\s*)(["'])expobench\2/g,
    (_, before: string) => `${before}${JSON.stringify(address)}`,
  );
}

/** What a file defines. */
interface Defined {
  readonly models: ModelDefinition[];
  readonly methods: MethodDefinition[];
  readonly propensities: PropensityDefinition[];
  readonly metrics: MetricFamily[];
  readonly estimates: EstimateDefinition[];
}

/** The catalogue with what files define. Throws UserError naming the file that cannot be loaded, or names something that is there already. */
export async function catalogueOf(modules: readonly UserModule[]): Promise<Catalogue> {
  let catalogue: Catalogue = { ...builtIn, modules };
  for (const module of modules) {
    const defined = await definedBy(module);
    try {
      catalogue = {
        modules,
        models: catalogue.models.with(defined.models),
        methods: catalogue.methods.with(defined.methods),
        propensities: catalogue.propensities.with(defined.propensities),
        metrics: catalogue.metrics.with(defined.metrics),
        estimates: catalogue.estimates.with(defined.estimates),
      };
    } catch (error) {
      throw error instanceof UserError ? new UserError(`"${module.path}": ${error.message}`) : error;
    }
  }
  return catalogue;
}

/** Names of the methods that a file adds, as `--models` takes them. */
export async function methodsOf(module: UserModule): Promise<string[]> {
  const { models, methods } = await definedBy(module);
  return [...models, ...methods.filter(({ isWhole }) => isWhole)].map(({ name }) => name);
}

/** What files would run besides this program, in sentences. */
export const commandsOf = (modules: readonly UserModule[]): string[] =>
  modules
    .filter(({ path }) => !CODE.includes(extname(path).toLowerCase()))
    .map(({ path, source }) => {
      const { file, folder } = methodFile(path, source);
      return `${file.name} runs a program: ${file.command.join(' ')} (in ${folder})`;
    });

async function definedBy({ path, source }: UserModule): Promise<Defined> {
  const defined: Defined = { models: [], methods: [], propensities: [], metrics: [], estimates: [] };
  if (!CODE.includes(extname(path).toLowerCase())) {
    defined.methods.push(methodFile(path, source).definition);
    return defined;
  }
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(moduleUrl(withSelf(source)))) as typeof exports;
  } catch (error) {
    throw new UserError(`"${path}" cannot be loaded: ${thrownText(error)}`);
  }
  for (const [name, value] of Object.entries(exports)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      const kind = kindOf(one);
      if (kind) (defined[kind] as unknown[]).push(one);
      else
        throw new UserError(
          `"${path}" exports "${name}", which is no model, method, propensity, metric or estimate: export what defineModel, defineMethod, defineMetric or defineEstimate gives`,
        );
    }
  }
  return defined;
}

/** What an object is, by what it can do. */
function kindOf(value: unknown): keyof Defined | undefined {
  if (typeof value !== 'object' || value === null || typeof (value as Partial<Named>).name !== 'string')
    return undefined;
  const does = (name: string): boolean => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function';
  if (does('parse')) return 'methods';
  if (does('make')) return 'hasCutoff' in value ? 'metrics' : 'estimates';
  if (does('create')) return 'isTrained' in value ? 'propensities' : 'models';
  return undefined;
}
