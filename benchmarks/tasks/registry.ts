import { Registry } from '../../support/registry.js';
import { drawTask } from './draw.js';
import type { TaskKind } from './task.js';
import { trialTask } from './trial.js';
import { validateTask } from './validate.js';

/** Every kind of task. A new one is a file in this folder and a line here. */
export const taskKinds = new Registry<TaskKind<never, unknown>>('task', [
  trialTask,
  validateTask,
  drawTask,
] as unknown as TaskKind<never, unknown>[]);
