/** An error whose message is a whole answer: one sentence, printed without a stack trace, exit code 2. */
export abstract class Answer extends Error {}

/** A mistake of the user's that one sentence can explain. */
export class UserError extends Answer {
  override readonly name: string = 'UserError';
}

/** Thrown where the user asked to stop; what had begun was finished and kept. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** A setting's name as an option: `minItem` is `--min-item`. */
export const optionName = (name: string): string => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

/** The sentence for an error that is no fault of the program: a mistake, or something of the machine's; undefined for others. */
export function sentenceOf(error: unknown): string | undefined {
  if (error instanceof Answer) return error.message;
  return explainFileError(error) ?? explainMemoryError(error);
}

/** Does what the place that an option names must allow. Where it does not, throws UserError naming the option. */
export function atPlace<Result>(option: string, path: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    const why = explainFileError(error);
    throw why === undefined ? error : new UserError(`--${option} "${path}": ${why}`);
  }
}

/** The sentence for an error of the file system, or undefined where the error is of another kind. */
export function explainFileError(error: unknown): string | undefined {
  const { code, path, syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const file = typeof path === 'string' ? `"${shortened(path, 200)}"` : 'a file';
  switch (code) {
    case 'ENOENT':
      // Folders on the way are made, so that this says that nothing can be made there.
      if (syscall === 'mkdir' || isOurs(path))
        return `${file} cannot be made: ${placeOf(path)} takes nothing new; give another place`;
      return `${file} does not exist`;
    case 'EACCES':
    case 'EPERM':
      return `no permission to use ${file}`;
    case 'EISDIR':
      return `${file} is a folder, a file is needed`;
    case 'ENOTDIR':
      return `${file} lies below something that is not a folder`;
    case 'EEXIST':
      return `${file} is in the way: something of that name exists already`;
    case 'ENOTEMPTY':
      return `${file} is not empty: something else writes into it`;
    case 'ENAMETOOLONG':
      return `${file} is too long a name: give a shorter one`;
    case 'ELOOP':
      return `${file} is a link that leads back to itself`;
    case 'ENOSPC':
      return 'the disk is full: free some space, or give --out on another disk';
    case 'EDQUOT':
      return 'your quota of the disk is used up: free some space, or give --out on another disk';
    case 'EFBIG':
      return `${file} has grown to the greatest size that is allowed here: raise the limit (ulimit -f), or give --out on another disk`;
    case 'EROFS':
      return `${isOurs(path) ? placeOf(path) : file} is on a read-only disk, which takes nothing new: give another place`;
    case 'MODULE_NOT_FOUND':
    case 'ERR_MODULE_NOT_FOUND':
      return explainMissingPackage(String((error as Error).message));
    case 'EIO':
      return `${file} cannot be read or written: the disk reports an error`;
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open: raise the limit (ulimit -n), or use fewer --workers';
    case 'EPIPE':
      return 'what was to read the output has ended';
    default:
      return undefined;
  }
}

/** Of a package that was left out, such as the part of DuckDB that is for this system; undefined where it is a file that is missing. */
function explainMissingPackage(message: string): string | undefined {
  const [, name] = /Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w-][\w.-]*)/.exec(message) ?? [];
  return (
    name &&
    `the package "${name}" is not installed; npm leaves out such as it with --omit=optional: npm install ${name}`
  );
}

/** Files that only this program makes, before what they are for: where one of them is not there, it could not be made. */
const isOurs = (path = ''): boolean => /\.expobench-lock\.\w+$|\.partial$|\.new$/.test(path);

const placeOf = (path: string | undefined): string =>
  path === undefined ? 'the place' : `"${shortened(path.replace(/[\\/][^\\/]*$/, ''), 200)}"`;

/** The sentence for a lack of memory, or undefined where the error is of another kind. */
function explainMemoryError(error: unknown): string | undefined {
  const { code, message = '' } = (error ?? {}) as { readonly code?: unknown; readonly message?: string };
  const advice = 'use smaller data, --dim or --batch, fewer --workers, or raise the limit of memory (ulimit -v)';
  if (
    code === 'ERR_WORKER_OUT_OF_MEMORY' ||
    code === 'ERR_WORKER_INIT_FAILED' ||
    /^(Worker terminated due to reaching memory limit|Array buffer allocation failed)/.test(message)
  )
    return `too little memory: ${advice}`;
  // WebAssembly reserves addresses for all that its memory may grow to.
  if (/WebAssembly\.(Memory|instantiate|Instance|compile|Module)\b.*(allocate|memory)/i.test(message))
    return `too little memory for WebAssembly: ${advice}`;
  return undefined;
}

/** A text of one line that can be read in a terminal: nothing that moves the cursor, and a long one cut in the middle. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return shortened(text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim(), 2000);
}

/** A text without its middle where it is longer than `most`. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 4);
  return `${text.slice(0, most - end)} [${(text.length - most).toLocaleString('en')} characters left out] ${text.slice(-end)}`;
}

/** What is said of an error that is a fault of ours. */
export function faultText(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return `${said} (a fault of the program; run again with --verbose and report it)`;
}

/** What somebody threw, which need not be an error. */
export function thrownText(thrown: unknown): string {
  const message = (thrown as Partial<Error> | null | undefined)?.message;
  return typeof message === 'string' && message !== '' ? message : String(thrown);
}
