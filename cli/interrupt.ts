/**
 * What work under way does about a signal: it returns a sentence where it takes care, for the user to see; undefined, and the program ends at
 * once.
 */
export type StopHandler = (signal: NodeJS.Signals) => string | undefined;

let current: StopHandler | undefined;

/** Runs work that hears of signals. */
export async function hearingSignals<Result>(handler: StopHandler, work: () => Promise<Result>): Promise<Result> {
  current = handler;
  try {
    return await work();
  } finally {
    current = undefined;
  }
}

/**
 * Runs work that a first Ctrl-C asks to stop, through the signal that it gets. Until it says that it has `begun` there is nothing to wait
 * for, and Ctrl-C ends the program at once. `others` hears of other signals.
 */
export async function stopGently<Result>(
  work: (stop: AbortSignal, begun: () => void) => Promise<Result>,
  sentence = 'the trials that are running end first; Ctrl-C again stops at once',
  others?: StopHandler,
): Promise<Result> {
  const controller = new AbortController();
  let hasBegun = false;
  const stop: StopHandler = (signal) => {
    if (signal !== 'SIGINT') return others?.(signal);
    if (!hasBegun || controller.signal.aborted) return undefined;
    controller.abort();
    return sentence;
  };
  return hearingSignals(stop, () => work(controller.signal, () => (hasBegun = true)));
}

/** What the work under way says to a signal, where it takes care of it. */
export const askToStop = (signal: NodeJS.Signals): string | undefined => current?.(signal);
