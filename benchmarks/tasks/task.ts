import type { z } from 'zod';
import type { Catalogue } from '../catalogue.js';
import type { TrialData } from '../suites/suite.js';

/**
 * Something that can be run anywhere: a file in this folder and a line in its registry, so that a worker knows it by name. Payload and answer
 * survive JSON, but for typed arrays in an answer, and are held against their schemas wherever they come from another machine.
 */
export interface TaskKind<Payload, Answer> {
  readonly name: string;
  readonly summary: string;
  readonly payload: z.ZodType<Payload>;
  readonly answer: z.ZodType<Answer>;
  /** Throws only for faults: what a task may come to, such as a training that diverges, is an answer. */
  run(payload: Payload, data: TrialData, catalogue: Catalogue): Promise<Answer>;
}
