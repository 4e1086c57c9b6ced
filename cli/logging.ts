import type { Logger } from 'pino';

/** What the program logs with. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

let current: Log = SILENT;

/** The program's log: silent unless asked for, then to stderr or to a file. Results go to stdout, never here. */
export function logger(): Log {
  return current;
}

export async function startLogging(options: {
  readonly verbose: boolean;
  readonly file: string | undefined;
  /** Where the log goes that is for a person's eyes. */
  write(text: string): unknown;
}): Promise<void> {
  if (options.file === undefined && !options.verbose) {
    current = SILENT;
    return;
  }
  const { pino } = await import('pino');
  const place =
    options.file === undefined
      ? { write: (line: string) => void options.write(line) }
      : pino.destination({ dest: options.file, sync: true });
  current = pino({ level: 'debug' }, place);
}
