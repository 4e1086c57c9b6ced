import { readFileSync } from 'node:fs';

const packageFile = new URL('../../package.json', import.meta.url);
const { name, version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { name: string; version: string };

/** Name and version of this program, as they stand in every manifest. */
export const PROGRAM = { name, version } as const;

let build: string | undefined;

/**
 * SHA-256 of the sources that results depend on, as scripts/build.mjs wrote it: the same wherever the same sources were built. What was computed
 * by other sources is not taken for what these would compute.
 */
export function programBuild(): string {
  build ??= (JSON.parse(readFileSync(new URL('../build.json', import.meta.url), 'utf8')) as { sources: string })
    .sources;
  return build;
}
