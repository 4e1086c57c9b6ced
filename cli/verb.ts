import type { ArgumentsCamelCase, Argv } from 'yargs';

/** What a verb's file says: its options, and what it does. Its name and summary stand in the list of verbs. */
export interface Verb<Arguments = object> {
  builder(yargs: Argv): unknown;
  handler(argv: ArgumentsCamelCase<Arguments>): void | Promise<void>;
}

/** A verb as help lists it; its file, and all that it stands on, is loaded when it is asked for. */
export interface ListedVerb {
  readonly command: string;
  readonly describe: string;
  load(): Promise<Verb<never>>;
}
