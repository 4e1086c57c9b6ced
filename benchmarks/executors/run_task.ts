import { builtIn, type Catalogue, type UserModule } from '../catalogue.js';
import type { TrialData } from '../suites/suite.js';
import { taskKinds } from '../tasks/registry.js';

/** What names mean with files of the user's; what reads those is loaded where there are some. */
export async function catalogueFor(modules: readonly UserModule[]): Promise<Catalogue> {
  if (modules.length === 0) return builtIn;
  const { catalogueOf } = await import('../own_files.js');
  return catalogueOf(modules);
}

/** Runs a task in this thread. Throws UserError for a mistake of the user's, and other errors for faults. */
export async function runTask(
  { kind, payload }: { readonly kind: string; readonly payload: unknown },
  data: TrialData,
  catalogue: Catalogue,
): Promise<unknown> {
  return taskKinds.get(kind).run(payload as never, data, catalogue);
}
