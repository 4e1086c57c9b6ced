import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from './errors.js';

/**
 * Bundles a TypeScript or JavaScript file of the user's with what it imports into one module; `external` packages stay imports. Throws UserError with
 * file and line.
 */
export async function bundleModule(path: string, external: readonly string[] = []): Promise<string> {
  if (!existsSync(path)) throw new UserError(`"${path}" does not exist`);
  const { build, stop } = await import('esbuild');
  try {
    const bundled = await build({
      entryPoints: [resolve(path)],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: [...external],
      logLevel: 'silent',
      legalComments: 'none',
    });
    return bundled.outputFiles[0]?.text ?? '';
  } catch (error) {
    const first = (error as { errors?: { text: string; location?: { line: number } | null }[] }).errors?.[0];
    throw new UserError(
      `"${path}"${first?.location ? `, line ${first.location.line}` : ''}: ${first?.text ?? (error as Error).message}`,
    );
  } finally {
    await stop(); // its helper process would outlive the program
  }
}
