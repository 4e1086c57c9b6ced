/** A mistake of the user's that one sentence can explain: printed without a stack trace, exit code 2. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** A setting's name as an option: `minItem` is `--min-item`. */
export const optionName = (name: string): string => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

/** The sentence for an error of the file system, or undefined where the error is of another kind. */
export function explainFileError(error: unknown): string | undefined {
  const { code, path } = (error ?? {}) as { readonly code?: unknown; readonly path?: unknown };
  const file = typeof path === 'string' ? `"${path}"` : 'a file';
  switch (code) {
    case 'ENOENT':
      return `${file} does not exist`;
    case 'EACCES':
    case 'EPERM':
      return `no permission to use ${file}`;
    case 'EISDIR':
      return `${file} is a folder, a file is needed`;
    case 'ENOTDIR':
      return `${file} lies below something that is not a folder`;
    case 'ENOSPC':
      return 'the disk is full: free some space, or give --out on another disk';
    case 'EROFS':
      return `${file} is on a read-only disk: give --out elsewhere`;
    case 'MODULE_NOT_FOUND':
    case 'ERR_MODULE_NOT_FOUND':
      return explainMissingPackage(String((error as Error).message));
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
