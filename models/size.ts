/** Sizes that a model is built for. */
export interface ModelSize {
  readonly users: number;
  readonly items: number;
  /** Width of the hidden factors. */
  readonly dim: number;
}

/** Values of a model's own settings, as they stand on the command line and in manifests. */
export type ModelSettings = Readonly<Record<string, number | string>>;
