import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suiteJsonSchema } from '../benchmarks/suites/suite.js';
import { methodFileJsonSchema } from '../methods/external/schema.js';
import { readState, writeDurably } from '../support/durable.js';
import { UserError } from '../support/errors.js';
import { print, printJson } from './io.js';
import type { Verb } from './verb.js';

const SCHEMA = 'expobench-suite.schema.json';
const METHOD_SCHEMA = 'expobench-method.schema.json';

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

# Settings that take several values, for the methods that they concern.
vary:
  alpha: [0.1, 1]

repetitions: 3

tables: [standard, expected]

figures:
  - kind: setting # metrics against a setting that varies; the other kind is training
    x: alpha
    show: expected

# What --budget paper does instead.
budgets:
  paper:
    repetitions: 10
    tune: { strategy: one-by-one, budget: 32 }
`;

/** A program that runs as it is, where there is a Python. */
const METHOD = `# yaml-language-server: $schema=./expobench-method.schema.json
# A program of your own as a method: expobench sweep quick --models GMF method.yaml --out runs/mine
name: mine
summary: popularity, in Python

# Run in the folder of this file, without a shell. {folder} is the folder of the trial, {seed}, {dim} and {NAME} of a setting are their values.
command: [python3, method.py, "{folder}"]
# When one of these changes, trials run again.
files: [method.py]

# Settings of its own with their defaults: --set mine.power=0.5
settings:
  power: 1
# Values to try with --tune.
tuning:
  power: [0.5, 1]

# What it wants to know besides who interacted with what: times, ratings, exposures, propensities.
needs: []
# What it writes besides a score for each of the pairs: lists (the best items of every user), matrix (all scores), or pairs (nothing else).
gives: lists
# How it gets its tables: csv, arrow or parquet.
format: csv
# Seconds.
timeLimit: 3600
`;

/** Beside it. */
const PROGRAM = `"""Popularity: reads the tables of a trial, writes a score for each pair and a list for each user. No package is needed."""
import csv
import json
import os
import sys

folder = sys.argv[1]
with open(os.path.join(folder, "settings.json")) as file:
    settings = json.load(file)


def rows(name):
    with open(os.path.join(folder, settings["files"][name])) as file:
        for row in csv.DictReader(file):
            yield int(row["user"]), int(row["item"])


count = [0] * settings["items"]
had = [set() for _ in range(settings["users"])]
for user, item in rows("train"):
    count[item] += 1
    had[user].add(item)
for user, item in rows("validation"):
    had[user].add(item)
score = [clicks ** settings["settings"]["power"] for clicks in count]

# A score for each pair, in their order; which of them were clicked is not told.
with open(os.path.join(folder, "scores.csv"), "w") as out:
    out.write("score\\n")
    out.writelines(f"{score[item]}\\n" for _, item in rows("pairs"))

# The best items of every user among those that they did not have.
order = sorted(range(settings["items"]), key=lambda item: (-score[item], item))
with open(os.path.join(folder, "lists.csv"), "w") as out:
    out.write("user,item,rank\\n")
    for user in range(settings["users"]):
        best = [item for item in order if item not in had[user]][: settings["listed"]]
        out.writelines(f"{user},{item},{rank + 1}\\n" for rank, item in enumerate(best))
`;

/** Whether a file is a schema of ours, of this version or another: it has a property that tells. */
function isOwnSchema(path: string, property: string): boolean {
  const schema = readState(path) as { readonly properties?: Readonly<Record<string, unknown>> } | null | undefined;
  return schema?.properties?.[property] !== undefined;
}

const KINDS = ['suite', 'method'] as const;

interface InitArguments {
  readonly kind: string;
  readonly file: string | undefined;
  readonly json: boolean;
}

export const initCommand: Verb<InitArguments> = {
  builder: (yargs) =>
    yargs
      .positional('kind', {
        type: 'string',
        default: 'suite',
        describe: 'suite: a suite of your own; method: a program of your own as a method; or the file of a suite',
      })
      .positional('file', { type: 'string', describe: 'the file to write [suite.yaml, method.yaml]' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 init mine.yaml', 'then: expobench sweep mine.yaml --out runs/mine')
      .example('$0 init method vae.yaml', 'then: expobench sweep quick --models GMF vae.yaml --out runs/vae') as never,
  handler({ kind: said, file: named, json }) {
    const kind = KINDS.find((one) => one === said) ?? 'suite';
    const file = named ?? (said === kind ? `${kind}.yaml` : said);
    if (!/\.ya?ml$/i.test(file))
      throw new UserError(
        `"${file}" is no name of a ${kind}'s file: it must end in .yaml or .yml, such as ${kind}.yaml`,
      );
    const isMethod = kind === 'method';
    const schema = join(dirname(file), isMethod ? METHOD_SCHEMA : SCHEMA);
    const program = join(dirname(file), 'method.py');
    for (const path of isMethod ? [file, program] : [file])
      if (existsSync(path)) throw new UserError(`"${path}" exists: name another file`);
    const text = `${JSON.stringify(isMethod ? methodFileJsonSchema() : suiteJsonSchema(), null, 2)}\n`;
    if (existsSync(schema) && !isOwnSchema(schema, isMethod ? 'command' : 'methods'))
      throw new UserError(`"${schema}" exists and is not what init writes: move it away, or name a file elsewhere`);
    writeDurably(file, isMethod ? METHOD : EXAMPLE);
    if (isMethod) writeDurably(program, PROGRAM);
    writeDurably(schema, text);
    if (json) return printJson(isMethod ? { method: file, program, schema } : { suite: file, schema });
    const next = isMethod
      ? `expobench sweep quick --models GMF ${file} --out runs/mine`
      : `expobench sweep ${file} --out runs/mine`;
    print(`written: ${[file, ...(isMethod ? [program] : [])].join(', ')}, and ${schema} for editors. Next: ${next}`);
  },
};
