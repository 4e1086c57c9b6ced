import type { MachineUse } from '../../support/environment.js';
import type { UserModule } from '../catalogue.js';
import type { TrialData } from '../suites/suite.js';

/** One thing to run, as JSON: the same on a thread, through a queue, or in a file of a job array. */
export interface Task {
  /** SHA-256 of all that its answer depends on: to run it twice does no harm. */
  readonly key: string;
  /** A name in the registry of tasks. */
  readonly kind: string;
  readonly payload: unknown;
  /** SHA-256 of the data that it asks for. */
  readonly data: string;
  /** What people call it. */
  readonly title: string;
  /** About how long it takes on one core, and how much memory it needs besides the data. */
  readonly seconds: number;
  readonly bytes: number;
}

/** Data that tasks will ask for, by the SHA-256 of their content. */
export interface Provided extends TrialData {
  readonly sha256: string;
}

/** Thrown where a place could not run a task at all: its worker died more often than it may. */
export class LostError extends Error {
  override readonly name = 'LostError';
}

/**
 * A place to run tasks. The order, the journal and this machine's memory are the runner's; to try again after a worker's death is the executor's,
 * since it alone knows of one.
 */
export interface Executor {
  readonly name: string;
  /** How many tasks it wants to have at once. */
  readonly capacity: number;
  /** Whether tasks share this machine's memory, so that the runner must count bytes. */
  readonly isLocal: boolean;
  /** Before the first task; what is there already is not sent again. */
  provide(data: readonly Provided[], modules: readonly UserModule[]): Promise<void>;
  /** What the task came to, as its kind's schema says. Rejects with LostError where the place could not run it. */
  run(task: Task): Promise<unknown>;
  /** Lets go of tasks that run elsewhere, which then reject with StoppedError; absent where what runs is waited for. */
  stop?(): Promise<void>;
  /** Waits for what is running. */
  close(): Promise<void>;
  /** Where tasks run now, for a line of progress: "12 threads on 3 machines". */
  places?(): string | undefined;
  /** The machines that ran tasks so far. */
  machines?(): readonly MachineUse[];
}
