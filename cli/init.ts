import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suiteJsonSchema } from '../benchmarks/suites/suite.js';
import { readState, writeDurably } from '../support/durable.js';
import { UserError } from '../support/errors.js';
import { print, printJson } from './io.js';
import type { Verb } from './verb.js';

const SCHEMA = 'expobench-suite.schema.json';

/** A suite that runs as it is, on the embedded data, in half a minute. */
export const EXAMPLE = `# yaml-language-server: $schema=./${SCHEMA}
# A suite of your own: expobench sweep mine.yaml --out runs/mine
name: mine
summary: does debiasing help when popular items are shown more?

# Every method runs on each. A folder made by "datasets prepare" or "simulate", a file of ratings, or the name of a data set.
data:
  - name: popular
    from: planted
    simulate: # two stages; leave this out to train on the data as it is
      exposure: popularity # or ./mine.ts, a function of your own
      strength: 0.5
      exposuresPerUser: 100

methods:
  - GMF
  - PS:GMF/Pop # weighted by 1 / G, g by popularity
  - PS:GMF/oracle # g is the simulation's truth
  - method: ACL:GMF/GMF # f against g
    label: ACL
    settings: { weights: normalised }

# For all methods; options of "expobench sweep" win over them.
settings:
  dim: 32
  batch: 512
  epochs: 30
  clip: 0.01

# Settings that take several values, for the methods that they concern.
vary:
  alpha: [0.1, 1]

repetitions: 3

tables: [standard, oracle]

figures:
  - kind: setting # metrics against a setting that varies; the other kind is training
    x: alpha
    show: oracle

# What --budget paper does instead.
budgets:
  paper:
    repetitions: 10
    tune: { strategy: one-by-one, budget: 32 }
`;

/** Whether a file is a schema of suites, of this version or another. */
function isSchemaOfSuites(path: string): boolean {
  const schema = readState(path) as { readonly properties?: { readonly methods?: unknown } } | null | undefined;
  return schema?.properties?.methods !== undefined;
}

interface InitArguments {
  readonly file: string;
  readonly json: boolean;
}

export const initCommand: Verb<InitArguments> = {
  builder: (yargs) =>
    yargs
      .positional('file', { type: 'string', default: 'suite.yaml', describe: 'the suite to write' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 init mine.yaml', 'then: expobench sweep mine.yaml --out runs/mine') as never,
  handler({ file, json }) {
    if (!/\.ya?ml$/i.test(file))
      throw new UserError(`"${file}" is no name of a suite's file: it must end in .yaml or .yml, such as suite.yaml`);
    if (existsSync(file)) throw new UserError(`"${file}" exists: name another file`);
    const schema = join(dirname(file), SCHEMA);
    const text = `${JSON.stringify(suiteJsonSchema(), null, 2)}\n`;
    if (existsSync(schema) && !isSchemaOfSuites(schema))
      throw new UserError(`"${schema}" exists and is not what init writes: move it away, or name a file elsewhere`);
    writeDurably(file, EXAMPLE);
    writeDurably(schema, text);
    if (json) return printJson({ suite: file, schema });
    print(`written: ${file}, and ${schema} for editors. Next: expobench sweep ${file} --out runs/mine`);
  },
};
