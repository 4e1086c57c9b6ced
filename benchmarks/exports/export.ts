import type { Interactions } from '../../datasets/interactions.js';
import type { EvaluationSettings } from '../../evaluation/settings.js';
import type { OutputFolder } from '../../support/output.js';
import type { Named } from '../../support/registry.js';

/** What an export is made of. */
export interface ExportContext {
  /** As the user named the data. */
  readonly reference: string;
  /** Opened when first asked. */
  data(): Promise<Interactions>;
  readonly folder: OutputFolder;
  /** As the user named it. */
  readonly out: string;
  /** Name of the files, where the user says one. */
  readonly name: string | undefined;
  readonly evaluation: Pick<EvaluationSettings, 'candidates' | 'seed'>;
}

/** What was written, and what a reader must know of it. */
export interface Exported {
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/** A form that data are written in for other programs: one file of this folder. */
export interface ExportFormat extends Named {
  /** Throws UserError for data that cannot be written so. */
  write(context: ExportContext): Promise<Exported>;
}
