import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder with those that it lies in. Node's own way of doing so never ends where a place takes no folders and says that it does not exist, as
 * /proc does. Throws the system's error.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let place = resolve(path); !existsSync(place) && dirname(place) !== place; place = dirname(place))
    missing.unshift(place);
  const ground = dirname(missing[0] ?? resolve(path));
  if (missing.length > 0 && !statSync(ground).isDirectory())
    throw Object.assign(new Error(`${ground} is not a folder`), {
      code: 'ENOTDIR',
      path: missing[0],
      syscall: 'mkdir',
    });
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // Somebody else may make the same folders now.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  // What is there already may be a file, which this says.
  if (missing.length === 0) mkdirSync(path, { recursive: true });
}
