import { createReadStream, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extract } from 'tar-fs';

const require = createRequire(import.meta.url);

/**
 * The environment in which a process finds a GPU that the processor plays: SwiftShader, from the npm registry, for Linux on x64 alone. Loaders look for it
 * when a process starts, so that it cannot be had later. Where VK_ICD_FILENAMES or VK_DRIVER_FILES names a driver, that one is left.
 */
export async function withSoftwareVulkan(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return env;
  if (env['VK_ICD_FILENAMES'] || env['VK_DRIVER_FILES']) return env;
  const folder = await unpacked();
  return {
    ...env,
    LD_LIBRARY_PATH: [folder, env['LD_LIBRARY_PATH']].filter(Boolean).join(':'),
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
  };
}

/** The folder where it lies unpacked. */
async function unpacked(): Promise<string> {
  const bin = join(dirname(require.resolve('@sparticuz/chromium')), '../../bin');
  const folder = join(tmpdir(), `expobench-swiftshader-${process.getuid?.() ?? ''}`);
  if (existsSync(folder)) return folder;
  const partial = mkdtempSync(`${folder}-`);
  await pipeline(
    createReadStream(join(bin, 'swiftshader.tar.br')),
    createBrotliDecompress(),
    extract(partial) as NodeJS.WritableStream,
  );
  try {
    renameSync(partial, folder);
  } catch {
    rmSync(partial, { recursive: true }); // another run was faster
  }
  return folder;
}
