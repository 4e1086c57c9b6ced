import { readFileSync } from 'node:fs';

const packageFile = new URL('../../package.json', import.meta.url);
const { name, version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { name: string; version: string };

/** Name and version of this program, as they stand in every manifest. */
export const PROGRAM = { name, version } as const;
