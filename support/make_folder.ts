import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder with those that it lies in. Node's own way of doing so never ends where a place takes no folders and says that it does not exist, as
 * /proc does. The innermost one is tried first, and none stays that was made on the way to one that cannot be. Returns those that
 * were made, the innermost first. Throws the system's error.
 */
export function makeFolder(path: string): string[] {
  const missing = [resolve(path)];
  const made: string[] = [];
  while (missing.length > 0) {
    const [next] = missing as [string];
    try {
      mkdirSync(next);
      made.unshift(next);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const around = dirname(next);
      if (code === 'ENOENT' && !existsSync(around)) {
        missing.unshift(around);
        continue;
      }
      // It is there already, or somebody else makes the same folders now.
      if (code !== 'EEXIST' || !statSync(next).isDirectory()) {
        for (const folder of made) rmdirSync(folder);
        throw error;
      }
    }
    missing.shift();
  }
  return made;
}
