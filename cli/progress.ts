import cliProgress from 'cli-progress';
import type { Progress } from '../support/progress.js';
import { currentRun, note as say } from './io.js';
import { logger } from './logging.js';

/** Bars wait this long, so that quick work shows none. */
const PATIENCE = 1000;

/** Bars on the screen. Each has a clock that keeps the program alive. */
const shown = new Set<cliProgress.SingleBar>();

/** Takes the bars of work that failed or was stopped off the screen. */
export function stopBars(): void {
  for (const bar of shown) bar.stop();
  shown.clear();
}

/** A bar with time left on stderr for what takes longer than a moment; only log lines where stderr is not a terminal. */
export function terminalProgress(): Progress {
  let bar: cliProgress.SingleBar | undefined;
  let started = 0;
  let label = '';
  let total = 0;
  return {
    begin(task, units) {
      [label, total, started] = [task, units, Date.now()];
      logger().debug({ task, units }, 'begin');
    },
    update(done, note = '') {
      logger().debug({ task: label, done, of: total, note }, 'progress');
      if (currentRun().quiet || !currentRun().io.isErrorTerminal || Date.now() - started < PATIENCE) return;
      if (!bar) {
        bar = new cliProgress.SingleBar(
          {
            format: '{label} {bar} {percentage}% | {eta_formatted} left {note}',
            hideCursor: true,
            clearOnComplete: true,
            stream: process.stderr,
            etaBuffer: 30,
          },
          cliProgress.Presets.shades_classic,
        );
        bar.start(total, 0, { label: label.padEnd(34), note });
        shown.add(bar);
      }
      bar.update(Math.min(done, total), { note });
    },
    end(note) {
      if (bar) shown.delete(bar);
      bar?.stop();
      bar = undefined;
      const seconds = (Date.now() - started) / 1000;
      logger().info({ task: label, seconds, note }, 'end');
      if (currentRun().io.isErrorTerminal) say(`${label.padEnd(34)} ${note ?? 'done'} (${seconds.toFixed(1)} s)`);
    },
  };
}
