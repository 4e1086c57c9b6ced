import type { ArgumentsCamelCase, Argv } from 'yargs';

/** What a verb's file says: its options, and what it does. Its name and summary stand in the list of verbs. */
export interface Verb<Arguments = object> {
  builder(yargs: Argv): unknown;
  /** For a verb of many options: those that help shows on its one page, in this order; with a shorter text where theirs is long. */
  readonly leading?: Readonly<Record<string, string | undefined>>;
  /** How what an unknown option may mean is said here, such as `--set clusters=...` for `--clusters`. */
  saidOtherwise?(option: string): string | undefined;
  handler(argv: ArgumentsCamelCase<Arguments>): void | Promise<void>;
}

/** A verb as help lists it; its file, and all that it stands on, is loaded when it is asked for. */
export interface ListedVerb {
  readonly command: string;
  readonly describe: string;
  load(): Promise<Verb<never>>;
}
