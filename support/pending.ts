/** What can be half-written. */
interface Partial {
  /** Path that it has until it is complete: a folder, or a lock's file. */
  readonly partial: string;
  /** Folders that were made for it, the innermost first: they go with it, where they hold nothing else. */
  readonly made?: readonly string[];
  discard(): void;
}

/** What goes where the program is stopped. */
export interface Leftovers {
  readonly partial: readonly string[];
  readonly made: readonly string[];
}

/** Folders being written, and locks that are held, to be removed when the program is stopped. */
const pending = new Set<Partial>();

let listener: ((left: Leftovers) => void) | undefined;

/** Tells, from now on, what is half-written, to whom must remove it should this thread not be able to. */
export function watchPending(told: (left: Leftovers) => void): void {
  listener = told;
}

export function addPending(folder: Partial): void {
  pending.add(folder);
  tell();
}

export function removePending(folder: Partial): void {
  if (pending.delete(folder)) tell();
}

/** Removes every half-written folder, and gives locks back. For the handler of Ctrl-C. */
export function discardPending(): void {
  // The last ones lie in the first.
  for (const folder of [...pending].reverse()) folder.discard();
}

function tell(): void {
  const all = [...pending].reverse();
  listener?.({ partial: all.map(({ partial }) => partial), made: all.flatMap(({ made = [] }) => made) });
}
