import { type Outcome, runTrial, type TrialSettings } from '../trial.js';
import { outcomeAnswer, trialSettingsSchema } from './settings_schema.js';
import type { TaskKind } from './task.js';

/** Trains a method and evaluates it. Whatever stops it, a diverged objective or too little memory, is its outcome. */
export const trialTask: TaskKind<TrialSettings, Outcome> = {
  name: 'trial',
  summary: 'train a method once, and evaluate it on the test part',
  payload: trialSettingsSchema,
  answer: outcomeAnswer,
  async run(settings, { data, world, planted }, catalogue) {
    try {
      const { result, trained } = await runTrial(data, settings, { world, planted, catalogue });
      trained.kernels.close();
      return { result };
    } catch (error) {
      return { failure: (error as Error).message };
    }
  },
};
