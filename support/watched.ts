/**
 * Code of the user's that may never end, told to whoever can end it: a thread that computes cannot, so the process around the program watches. Nothing
 * is asked of the system for a call, so that a call of a microsecond may be watched.
 */

/** Over it threads hand the watcher what they write their calls to. */
export const WATCHED = 'expobench calls of own code';

/** What a thread writes to: how many calls began or ended, which is odd within one, and for which user the last one is. */
const [COUNT, USER] = [0, 1];

/** What goes over the channel. */
export interface Watched {
  readonly calls: SharedArrayBuffer;
}

/** Begins and ends of calls in this thread; in a browser nobody watches. */
export function watchCalls(): { begin(user: number): void; end(): void } {
  const { process } = globalThis as Partial<typeof globalThis>;
  if (!process?.versions?.node) return { begin() {}, end() {} };
  const calls = new SharedArrayBuffer(8);
  const channel = new BroadcastChannel(WATCHED);
  channel.postMessage({ calls } satisfies Watched);
  channel.close(); // else it keeps the thread
  const cell = new Int32Array(calls);
  return {
    begin(user) {
      cell[USER] = user;
      Atomics.add(cell, COUNT, 1);
    },
    end: () => void Atomics.add(cell, COUNT, 1),
  };
}

interface Seen {
  readonly cell: Int32Array;
  count: number;
  /** Looks at which the same call was under way. */
  looks: number;
}

/** Looks at calls time and again, and finds those that take too long. */
export class Watcher {
  private readonly seen: Seen[] = [];

  /** `most`: looks that a call may last. */
  constructor(private readonly most: number) {}

  add({ calls }: Watched): void {
    this.seen.push({ cell: new Int32Array(calls), count: 0, looks: 0 });
  }

  /** The user whose call has lasted too long; undefined where there is none. */
  look(): number | undefined {
    for (const one of this.seen) {
      const count = Atomics.load(one.cell, COUNT);
      one.looks = count % 2 !== 0 && count === one.count ? one.looks + 1 : 0;
      one.count = count;
      if (one.looks >= this.most) return one.cell[USER];
    }
    return undefined;
  }
}
