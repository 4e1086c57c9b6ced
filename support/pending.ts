/** What can be half-written. */
interface Partial {
  /** Path that it has until it is complete. */
  readonly partial: string;
  discard(): void;
}

/** Folders being written, to be removed when the program is stopped. */
const pending = new Set<Partial>();

let listener: ((folders: readonly string[]) => void) | undefined;

/** Tells, from now on, which folders are half-written, to whom must remove them should this thread not be able to. */
export function watchPending(told: (folders: readonly string[]) => void): void {
  listener = told;
}

export function addPending(folder: Partial): void {
  pending.add(folder);
  tell();
}

export function removePending(folder: Partial): void {
  pending.delete(folder);
  tell();
}

/** Removes every half-written folder. For the handler of Ctrl-C. */
export function discardPending(): void {
  for (const folder of pending) folder.discard();
}

const tell = (): void => listener?.([...pending].map(({ partial }) => partial));
