import { workerTask } from '../support/pool.js';
import { type SimulationTask, TaskRunner } from './tasks.js';

const runner = new TaskRunner();

/** Draws on a worker thread. */
export default workerTask((task: SimulationTask) => runner.run(task));
