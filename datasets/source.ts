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
}

export interface Download {
  readonly url: string;
  /** Size of the archive in bytes, as published. */
  readonly bytes: number;
  /** MD5 of the archive, as its home publishes it. */
  readonly md5: string;
  /** Path of the ratings inside the zip archive, and the name they get in the cache. */
  readonly member: string;
}
