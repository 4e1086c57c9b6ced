import { Worker } from 'node:worker_threads';
import type { UserModule } from '../catalogue.js';
import type { TrialData } from '../suites/suite.js';

/** What a thread is told. */
export type Told =
  | { readonly kind: 'data'; readonly sha256: string; readonly data: TrialData; readonly dropped: readonly string[] }
  | {
      readonly kind: 'task';
      readonly task: { readonly kind: string; readonly payload: unknown };
      readonly data: string;
      readonly modules: readonly UserModule[];
    };

/** What it answers: what the task came to, a mistake of the user's, or a fault. */
export type Said = { readonly answer: unknown } | { readonly mistake: string } | { readonly lost: string };

/** Data sets that a thread keeps at hand. */
const KEPT = 4;

/** A thread that runs one task at a time and keeps the data that it was given, so that the same are not sent again. */
export class TaskThread {
  private worker: Worker | undefined;
  private isClosed = false;
  private held: string[] = [];

  /** Runs a task. Never rejects; aborted, it ends the thread and comes to undefined, as it does where the thread is closed. */
  async run(
    task: { readonly kind: string; readonly payload: unknown },
    data: { readonly sha256: string; readonly data: TrialData },
    modules: readonly UserModule[],
    signal?: AbortSignal,
  ): Promise<Said | undefined> {
    const worker = (this.worker ??= new Worker(new URL('./task_thread_main.js', import.meta.url)));
    const said = new Promise<Said | undefined>((resolve) => {
      const done = (one: Said | undefined): void => {
        worker.off('message', done).off('error', failed).off('exit', ended);
        signal?.removeEventListener('abort', aborted);
        resolve(one);
      };
      const failed = (error: Error): void => {
        this.forget();
        done({ lost: error.message });
      };
      const ended = (code: number): void =>
        this.isClosed ? done(undefined) : failed(new Error(`its thread ended with code ${code}`));
      const aborted = (): void => {
        this.forget();
        done(undefined);
        void worker.terminate();
      };
      worker.on('message', done).on('error', failed).on('exit', ended);
      signal?.addEventListener('abort', aborted, { once: true });
      if (signal?.aborted) aborted();
    });
    if (!this.held.includes(data.sha256)) {
      const kept = [data.sha256, ...this.held].slice(0, KEPT);
      const dropped = this.held.filter((sha256) => !kept.includes(sha256));
      this.tell({ kind: 'data', ...data, dropped });
      this.held = kept;
    }
    this.tell({ kind: 'task', task, data: data.sha256, modules });
    return said;
  }

  private tell(told: Told): void {
    this.worker?.postMessage(told);
  }

  private forget(): void {
    this.worker = undefined;
    this.held = [];
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.isClosed = true;
    this.forget();
    await worker?.terminate();
  }
}
