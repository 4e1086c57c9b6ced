import { requeue } from '../benchmarks/executors/slurm/scheduler.js';
import type { StopHandler } from './interrupt.js';

/** What a job of Slurm's that goes on where it was stopped does when its time is nearly up: it asks for another start. */
export const requeueJob: StopHandler = (signal) => {
  if (signal !== 'SIGUSR1') return undefined;
  try {
    requeue(process.env);
    return 'time is nearly up: back in the queue, to go on from here';
  } catch (error) {
    return `time is nearly up, and ${(error as Error).message}: the same command again submits what is left`;
  }
};
