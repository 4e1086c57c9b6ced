/** What the first Ctrl-C does, where work can end gently; the second one ends the program. */
let gentle: (() => void) | undefined;

/**
 * Runs work that a first Ctrl-C asks to stop, through the signal that it gets. Until it says that it has `begun` there is nothing to wait
 * for, and Ctrl-C ends the program at once.
 */
export async function stopGently<Result>(
  work: (stop: AbortSignal, begun: () => void) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  try {
    return await work(controller.signal, () => {
      if (!controller.signal.aborted) gentle = () => controller.abort();
    });
  } finally {
    gentle = undefined;
  }
}

/** Whether the work under way was asked to stop now, and had not been before. */
export function askToStop(): boolean {
  const ask = gentle;
  gentle = undefined;
  ask?.();
  return ask !== undefined;
}
