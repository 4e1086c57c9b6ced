/** What can be half-written. */
interface Partial {
  /** Path that it has until it is complete. */
  readonly partial: string;
}

let listener: ((folders: readonly string[]) => void) | undefined;

/** Tells, from now on, which folders are half-written, to whom must remove them should this thread not be able to. */
export function watchPending(told: (folders: readonly string[]) => void): void {
  listener = told;
}

/** Folders being written, to be removed when the program is stopped. */
export class PendingFolders<Folder extends Partial> extends Set<Folder> {
  override add(folder: Folder): this {
    super.add(folder);
    return this.tell();
  }

  override delete(folder: Folder): boolean {
    const was = super.delete(folder);
    this.tell();
    return was;
  }

  private tell(): this {
    listener?.([...this].map(({ partial }) => partial));
    return this;
  }
}
