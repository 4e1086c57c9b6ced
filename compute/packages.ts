/**
 * Version of an installed package; undefined where it is missing, or where there are no packages, as in a browser. Node's modules are asked for by
 * name when needed, and not imported, so that nothing of Node is in a bundle for browsers.
 */
export function installedVersion(name: string): string | undefined {
  try {
    const { createRequire } = process.getBuiltinModule('node:module');
    return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}
