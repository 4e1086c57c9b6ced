import { createHash } from 'node:crypto';

/**
 * A name of the user's in one line for people: breaks of lines and tabs become spaces, and what no format can hold (other control characters, halves
 * of a character) is shown as the sign for what cannot be shown.
 */
export function inOneLine(name: string): string {
  return withoutControls(name.replace(/\s+/g, ' '));
}

/** What is no text in any format, XML among them: as the sign for what cannot be shown. Breaks of lines and tabs stay. */
export function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
}

/** Names that Windows keeps for devices, whatever follows a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;
/** What a file may be called unchanged: the same on every system, also where upper and lower case are one. */
const KEPT = /^[a-z0-9_](?:[a-z0-9_.-]{0,62}[a-z0-9_])?$/;
/** What ends as a name that was changed does. */
const HASHED = /-[0-9a-f]{8}$/;
const MOST_LETTERS = 40;

/**
 * A name of the user's as that of a file or folder. One that loses something by it (letters that are not Latin, upper case, length) ends with a
 * short hash of all of it, so that two names never share a file.
 */
export function fileName(name: string): string {
  if (KEPT.test(name) && !isDevice(name) && !HASHED.test(name)) return name;
  const letters = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .slice(0, MOST_LETTERS)
    .replace(/^-+|-+$/g, '');
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${letters || 'name'}-${hash}`;
}

/** Whether Windows keeps a name for a device. */
export const isDevice = (name: string): boolean => DEVICE.test(name.toLowerCase());

/** The name, or where it is taken the first that is not of those that `write` makes of 2, 3, and so on. The one that is found is taken then. */
export function untaken(name: string, taken: Set<string>, write: (n: number) => string): string {
  let found = name;
  for (let n = 2; taken.has(found); n++) found = write(n);
  taken.add(found);
  return found;
}

/** Things that become files by their names, each with a name of its own, also where upper and lower case are one. */
export function withOwnNames<Named extends { readonly name: string }>(all: readonly Named[]): Named[] {
  const taken = new Set<string>();
  return all.map((one) => {
    let { name } = one;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${one.name}-${n}`;
    taken.add(name.toLowerCase());
    return { ...one, name };
  });
}
