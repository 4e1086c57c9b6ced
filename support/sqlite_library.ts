import { createRequire } from 'node:module';
import type { InitSqlJsStatic, SqlJsStatic } from 'sql.js';

let library: Promise<SqlJsStatic> | undefined;

/** SQLite in WebAssembly, loaded when first asked for: the one build of sql.js that the program comes with. */
export function sqliteLibrary(): Promise<SqlJsStatic> {
  library ??= (createRequire(import.meta.url)('../vendor/sql-wasm.cjs') as InitSqlJsStatic)();
  return library;
}
