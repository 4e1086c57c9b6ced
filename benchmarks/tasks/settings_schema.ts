import { z } from 'zod';
import { evaluation } from '../../evaluation/settings.js';
import { outcomeSchema } from '../../results/run_schema.js';
import type { Outcome, TrialSettings } from '../trial.js';

const seed = z.number().int().nonnegative();

/** Settings of a trial that come from another machine. What a method's own settings may be is the method's to say, when it reads them. */
export const trialSettingsSchema = z.strictObject({
  method: z.string().min(1),
  settings: z.record(z.string(), z.unknown()),
  seed,
  evaluation: z.strictObject({ ...z.strictObject(evaluation).partial().shape, seed }),
  backend: z.enum(['webgpu', 'tensorflow']).optional(),
  modules: z.array(z.string().regex(/^[0-9a-f]{64}$/)).optional(),
  deployment: z.strictObject({ page: z.number().int().positive(), decay: z.number().nonnegative(), seed }).optional(),
}) as unknown as z.ZodType<TrialSettings>;

/** How a trial ended, as another machine says it. */
export const outcomeAnswer = outcomeSchema as unknown as z.ZodType<Outcome>;
