import type { Argv } from 'yargs';
import { optionName, UserError } from '../support/errors.js';
import { nearNames, unknownName } from '../support/registry.js';
import type { Verb } from './verb.js';

/** Refuses words that a parser of options would take for something else: values that are empty. */
export function checkWords(words: readonly string[]): void {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  own.forEach((word, w) => {
    const [, option] = /^(--?[\w.-]+)=\s*$/.exec(word) ?? [];
    const before = own[w - 1] ?? '';
    if (option !== undefined || (word.trim() === '' && before.startsWith('-')))
      throw new UserError(`${option ?? before} has an empty value: give one, or leave the option out`);
    if (word.trim() === '') throw new UserError(`an empty word stands after "${before || 'expobench'}": leave it out`);
  });
}

/** What yargs knows of options, by their names; not among its public types. */
interface Known {
  readonly string: readonly string[];
  readonly number: readonly string[];
  readonly array: readonly string[];
  readonly key: Readonly<Record<string, unknown>>;
}

const knownOf = (yargs: Argv): Known => (yargs as unknown as { getOptions(): Known }).getOptions();

/** Options that mean something without a value, too. */
const BARE = ['run', 'cache', 'queue', 'slurm'];

/** An option that takes a value must be given one. */
export function requireValues(yargs: Argv): void {
  const { string, number } = knownOf(yargs);
  yargs.requiresArg([...string, ...number].filter((name) => !BARE.includes(name)));
}

/** Refuses an option that is given twice where it has one value: neither of them is more meant than the other. */
export function refuseTwice(argv: Readonly<Record<string, unknown>>, yargs: Argv): void {
  const { array } = knownOf(yargs);
  for (const [name, value] of Object.entries(argv)) {
    if (name === '_' || name === '--' || array.includes(name) || !Array.isArray(value)) continue;
    throw new UserError(`${optionName(name)} is given twice: give it once`);
  }
}

/** What the parser of options refuses, as this program says things, with the names that may have been meant. */
export function explainRefusal(
  message: string,
  yargs: Argv,
  words: readonly string[] = [],
  saidOtherwise?: Verb['saidOtherwise'],
): string {
  const [, missing] = /^Not enough arguments following: (\S+)$/.exec(message) ?? [];
  if (missing !== undefined) return `${optionName(missing)} needs a value`;
  const known = Object.keys(knownOf(yargs).key).filter((name) => name.length > 1 && name === optionName(name).slice(2));
  const explainUnknown = (names: readonly string[]): string => {
    const near = names.flatMap((name) => [
      ...nearNames(name, known).map((other) => `--${other}`),
      ...[saidOtherwise?.(name) ?? []].flat(),
    ]);
    const text = `unknown ${names.length > 1 ? 'arguments' : 'argument'}: ${names.join(', ')}`;
    return `${text}${near.length > 0 ? `: did you mean ${near.join(' or ')}?` : ''}`;
  };
  const [, unknown] = /^Unknown arguments?: (.+)$/.exec(message) ?? [];
  if (unknown !== undefined) return explainUnknown(unknown.split(', '));
  // What is missing may be there, mistyped.
  if (message.startsWith('Missing required argument')) {
    const typed = words.flatMap((word) => /^--(?:no-)?([a-zA-Z][\w-]*)/.exec(word)?.[1] ?? []);
    const wrong = typed.filter((name) => !known.includes(optionName(name).slice(2)));
    if (wrong.length > 0) return explainUnknown(wrong);
  }
  const [, option, given, choices] =
    /^Invalid values:\s+Argument: (\S+), Given: (.*), Choices: (.*)$/s.exec(message) ?? [];
  if (option !== undefined && given !== undefined && choices !== undefined)
    return unknownName(`value of ${optionName(option)}`, bare(given), choices.split(', ').map(bare));
  return message.replace(/\s*\n\s*/g, ' ');
}

const bare = (quoted: string): string => quoted.replace(/^"|"$/g, '');

/** Options whose values may begin as options do: `--sbatch "--time=1:00:00"` is `--sbatch=--time=1:00:00`. */
const TAKES_OPTIONS = ['--sbatch'];

/** Words with such values joined to their options, which a parser of options would take for options of their own. */
export function withValuesJoined(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let w = 0; w < words.length; w++) {
    const [word = '', next] = [words[w], words[w + 1]];
    if (TAKES_OPTIONS.includes(word) && next?.startsWith('-')) {
      joined.push(`${word}=${next}`);
      w++;
    } else joined.push(word);
  }
  return joined;
}
