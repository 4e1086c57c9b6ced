/** The hash of what results depend on; a file of its own, so that a test can take it of other sources. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Folders whose code tells, prints or builds, and computes nothing that a trial's result holds. */
const NO_RESULTS = new Set(['cli', 'results', 'scripts']);

const isSource = (path) => /\.tsx?$/.test(path) && !/(^|\/)test_|\.test\.|\.d\.ts$/.test(path);

/**
 * SHA-256 of the sources below a folder and of the compiled kernels: no times, no paths outside of it, no tests, no ends of lines of one system.
 * The names and ranges of the packages belong to it, too, as they compute.
 */
export function sourcesHash(root, kernels) {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const folders = include.filter((name) => !/\.tsx?$/.test(name) && !NO_RESULTS.has(name));
  const files = folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .filter(isSource)
    .sort((a, b) => (a < b ? -1 : 1));
  const hash = createHash('sha256');
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${file}\0${Buffer.byteLength(text)}\0${text}`);
  }
  const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  hash.update(JSON.stringify({ version, dependencies }));
  hash.update(readFileSync(kernels));
  return hash.digest('hex');
}
