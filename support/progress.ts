/** Told how far a long piece of work has come; shows it to a person, or to nobody. */
export interface Progress {
  /** Begins a task of `total` units, or of at most so many where it may end sooner. */
  begin(label: string, total: number, mayEndSooner?: boolean): void;
  /** `done` units are finished; `note` is shown beside the bar. */
  update(done: number, note?: string): void;
  end(note?: string): void;
}

/** Shows nothing. */
export const silent: Progress = {
  begin() {},
  update() {},
  end() {},
};
