import cliProgress from 'cli-progress';
import { duration } from '../support/duration.js';
import type { Progress } from '../support/progress.js';
import { currentRun, note as say } from './io.js';
import { logger } from './logging.js';
import { barLine, logLine } from './progress_line.js';

/** Milliseconds before anything is shown, so that quick work shows nothing: of a bar, and of a line where there is no terminal. */
const [BAR_AFTER, LINE_AFTER] = [1000, 2000];
/** Milliseconds between two drawings of a bar, so that time left runs down, and between two lines. */
const [REDRAWN, NEXT_LINE] = [1000, 30_000];

/** Bars on the screen. Each has a clock that keeps the program alive. */
const shown = new Set<cliProgress.SingleBar>();

/** Takes the bars of work that failed or was stopped off the screen. */
export function stopBars(): void {
  for (const bar of shown) bar.stop();
  shown.clear();
}

/** A bar with time left on stderr for what takes longer than a moment; lines now and then where stderr is not a terminal. */
export function terminalProgress(): Progress {
  let bar: cliProgress.SingleBar | undefined;
  let [label, total, started, updated, lastLine, note] = ['', 1, 0, 0, 0, ''];
  let [done, isMost, clock] = [0, false, undefined as NodeJS.Timeout | undefined];
  const advance = () => ({
    ...{ label, note, mayEndSooner: isMost, share: Math.min(1, done / Math.max(1, total)) },
    elapsed: (updated - started) / 1000,
    since: (Date.now() - updated) / 1000,
  });

  const drawBar = (): void => {
    if (!bar) {
      bar = new cliProgress.SingleBar({
        format: () => barLine(advance(), process.stderr.columns || 80),
        ...{ hideCursor: true, clearOnComplete: true, stream: process.stderr, linewrap: true },
      });
      bar.start(Math.max(1, total), 0);
      shown.add(bar);
    }
    bar.update(Math.min(done, total));
    bar.render();
  };
  const writeLine = (now: number): void => {
    if (now - lastLine < NEXT_LINE) return;
    lastLine = now;
    say(logLine(advance()));
  };
  const show = (): void => {
    const { quiet, io } = currentRun();
    const now = Date.now();
    const after = io.patience ?? (io.isErrorTerminal ? BAR_AFTER : LINE_AFTER);
    if (quiet || now - started < after) return;
    if (io.isErrorTerminal) drawBar();
    else writeLine(now);
  };
  return {
    begin(task, units, mayEndSooner = false) {
      [label, total, started, lastLine, note, done] = [task, units, Date.now(), 0, '', 0];
      [updated, isMost] = [started, mayEndSooner];
      logger().debug({ task, units }, 'begin');
      clearInterval(clock);
      clock = setInterval(show, REDRAWN);
      clock.unref();
    },
    update(units, remark = '') {
      // Another step of the same work says no more about the time of the rest.
      if (units !== done) updated = Date.now();
      [done, note] = [units, remark];
      logger().debug({ task: label, done, of: total, note }, 'progress');
      show();
    },
    end(remark) {
      clearInterval(clock);
      if (bar) shown.delete(bar);
      bar?.stop();
      bar = undefined;
      const seconds = (Date.now() - started) / 1000;
      logger().info({ task: label, seconds, note: remark }, 'end');
      if (currentRun().io.isErrorTerminal || lastLine > 0) say(`${label}: ${remark ?? 'done'} (${duration(seconds)})`);
    },
  };
}
