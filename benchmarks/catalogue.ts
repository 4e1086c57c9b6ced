import { builtInEvaluation, type EvaluationCatalogue } from '../evaluation/evaluate.js';
import { builtInMethods, type MethodCatalogue } from '../methods/registry.js';

/**
 * Everything that a person can name, with what files of the user's own add. Made once, handed down, and made again in a worker from the files'
 * content.
 */
export interface Catalogue extends MethodCatalogue, EvaluationCatalogue {
  /** Files of the user's, without which trials cannot be run elsewhere. */
  readonly modules: readonly UserModule[];
}

/** A file of the user's that defines named things: part of a trial's key by its content. */
export interface UserModule {
  /** As the user named it, for errors. */
  readonly path: string;
  readonly sha256: string;
  /** One ES module, or the text of a method file. */
  readonly source: string;
}

export const builtIn: Catalogue = { ...builtInMethods, ...builtInEvaluation, modules: [] };
