import type { Argv, Options } from 'yargs';
import { currentRun } from './io.js';
import type { Verb } from './verb.js';

/** Options of the program itself that one page of help leaves out. */
const LEFT_OUT = ['verbose', 'log-file', 'quiet'];

/** Whether help is asked for, and all of it: `--help all`. */
function helpAsked(words: readonly string[]): 'page' | 'all' | undefined {
  const end = words.indexOf('--');
  const at = words.findIndex((word, w) => (word === '--help' || word === '-h') && (end < 0 || w < end));
  if (at < 0) return undefined;
  return words[at + 1] === 'all' ? 'all' : 'page';
}

/**
 * Lets a verb, by its full name, say its options: all of them, or where one page of help is asked for those that matter, with one example.
 */
export function sayOptions(
  own: Argv,
  name: string,
  { builder, leading }: Pick<Verb<never>, 'builder' | 'leading'>,
): void {
  if (leading === undefined || helpAsked(currentRun().words) !== 'page') return void builder(own);
  const option = own.option.bind(own) as (name: string, spec: Options) => Argv;
  const example = own.example.bind(own) as (command: string, meaning: string) => Argv;
  const positional = own.positional.bind(own) as (name: string, spec: Options) => Argv;
  const known = new Set<string>();
  let examples = 0;
  const shortened = (name: string, spec: Options): Argv => {
    known.add(name);
    const { group: _, ...rest } = spec;
    return option(name, { ...rest, describe: leading[name] ?? spec.describe, hidden: !(name in leading) });
  };
  Object.assign(own, {
    option: shortened,
    options(all: Readonly<Record<string, Options>>): Argv {
      for (const [name, spec] of Object.entries(all)) shortened(name, spec);
      return own;
    },
    positional(name: string, spec: Options): Argv {
      Object.assign(own, { option });
      positional(name, { ...spec, describe: leading[name] ?? spec.describe });
      return Object.assign(own, { option: shortened });
    },
    example(command: string, meaning: string): Argv {
      examples += 1;
      return examples === 1 ? example(command, meaning) : own;
    },
  });
  const epilogue = own.epilogue.bind(own);
  Object.assign(own, { epilogue: () => own });
  builder(own);
  for (const left of LEFT_OUT) own.hide(left);
  own.group([...Object.keys(leading).filter((name) => known.has(name)), 'help'], 'Options:');
  own.describe('help', 'this page; --help all: every option, by what it is about');
  epilogue(`All ${known.size} options, and more examples: expobench ${name} --help all`);
}
