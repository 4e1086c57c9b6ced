import { type Logger, pino } from 'pino';

let current: Logger = pino({ enabled: false });

/** The program's log: silent unless asked for, then to stderr or to a file. Results go to stdout, never here. */
export function logger(): Logger {
  return current;
}

export function startLogging(options: { readonly verbose: boolean; readonly file: string | undefined }): void {
  if (options.file !== undefined)
    current = pino({ level: 'debug' }, pino.destination({ dest: options.file, sync: true }));
  else if (options.verbose) current = pino({ level: 'debug' }, pino.destination({ dest: 2, sync: true }));
}
