import type { FilterOptions } from './filter.js';

/** A data set that has a name: made on the spot, or fetched from its official home. */
export interface DatasetSource {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** What is published about it. */
  readonly facts: string;
  readonly home?: string;
  readonly licence: string;
  readonly download?: Download;
  /** What is removed before the split where nobody says otherwise. */
  readonly filter?: FilterOptions;
}

export interface Download {
  readonly url: string;
  /** Size of the archive in bytes, as published; 0 where nothing says. */
  readonly bytes: number;
  /** MD5 of the archive, as its home publishes it; undefined where it publishes none. */
  readonly md5?: string;
  /** Path of the ratings inside the zip archive, and the name they get in the cache; for a file that is none, its name there. */
  readonly member: string;
  /** Whether the file is the data as it is, and no zip archive. */
  readonly plain?: boolean;
}
