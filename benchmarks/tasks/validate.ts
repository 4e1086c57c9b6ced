import { type Outcome, type TrialSettings, validateSetting } from '../trial.js';
import { outcomeAnswer, trialSettingsSchema } from './settings_schema.js';
import type { TaskKind } from './task.js';

/** One training of a search for settings. */
export const validateTask: TaskKind<TrialSettings, Outcome> = {
  name: 'validate',
  summary: 'train a method once, and say how it does on the validation part',
  payload: trialSettingsSchema,
  answer: outcomeAnswer,
  async run(settings, { data, world }, catalogue) {
    try {
      return await validateSetting(data, settings, { world, catalogue });
    } catch (error) {
      return { failure: (error as Error).message };
    }
  },
};
