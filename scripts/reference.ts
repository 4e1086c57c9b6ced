/**
 * `npm run reference`: makes results/reference, the tables that are committed with the project, from the planted world. With `-- --check`
 * it makes them elsewhere and compares: exit code 1 and a list of the cells where they differ. The same bytes on every machine, so a
 * cell that differs is a change in the program.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planSuite } from '../benchmarks/plan.js';
import { hashData } from '../benchmarks/suite_data.js';
import { quick } from '../benchmarks/suites/quick.js';
import { sweep } from '../benchmarks/sweep.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { describeDiff, diffTables, isSame } from '../results/diff.js';
import { REFERENCE, readTables } from '../results/read_tables.js';
import { plainTable } from '../results/table.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulate } from '../simulator/simulate.js';
import { readWorld } from '../simulator/world_files.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';

const MODELS = [
  ...['Pop', 'CF', 'MF', 'GMF', 'MLP', 'NCF', 'Attn', 'ItemKNN', 'EASE', 'iALS', 'BPR-MF', 'RelMF'],
  ...['PS:GMF/Pop', 'PS:GMF/GMF', 'PS:GMF/oracle', 'ACL:GMF/GMF', 'ACL:Attn/MLP'],
];

/** What groups of users have in the numbers is large, and git compares by repetitions. */
function leaveOutMoves(path: string): void {
  const { rows, ...table } = JSON.parse(readFileSync(path, 'utf8')) as { rows: { moves?: unknown }[] };
  const left = { ...table, rows: rows.map(({ moves: _, ...row }) => row) };
  writeFileSync(path, `${JSON.stringify(left, null, 2)}\n`);
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'expobench-reference-'));
try {
  const data = join(work, 'data');
  const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 400, items: 300, ratingsPerUser: 40 });
  const config = {
    ...SIMULATION_DEFAULTS,
    dim: 16,
    exposuresPerUser: 60,
    exposure: { name: 'popularity', settings: { strength: 0.5 } },
  };
  await writeFolder(data, {}, (folder) =>
    simulate(ratings, { source: 'planted', format: 'planted' }, { config }, folder, silent),
  );
  const out = join(work, 'run');
  const plan = planSuite(
    { ...quick, methods: MODELS },
    {
      seed: 1,
      settings: {
        ...{ dim: 16, rate: 0.01, batch: 256, epochs: 12, bootstrap: 0 },
        ...{ unbiasedWeight: '1/exposure', clip: 0.01 },
      },
    },
  );
  const { data: clicks } = await readFolder(data);
  const { state: world } = await readWorld(data);
  const opened = { key: 'planted', name: clicks.name, data: clicks, world, sha256: hashData(clicks, world) };
  await sweep(plan, async () => [opened], { out });
  const reference = join(root, REFERENCE);
  if (process.argv.includes('--check')) {
    const diff = diffTables(await readTables(reference), await readTables(out));
    console.log(describeDiff(diff, plainTable));
    if (!isSame(diff, false)) process.exitCode = 1;
  } else {
    // Cases with exact answers lie in a folder of their own.
    for (const file of readdirSync(reference).filter((name) => /\.(json|md)$/.test(name)))
      rmSync(join(reference, file));
    const kept = readdirSync(join(out, 'tables')).filter((file) => /\.(json|md)$/.test(file));
    for (const file of kept) cpSync(join(out, 'tables', file), join(reference, file));
    for (const file of kept.filter((name) => name.endsWith('.json'))) leaveOutMoves(join(reference, file));
    // The hashes are of all files of the run, most of which are not kept.
    const { files: _, ...manifest } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    writeFileSync(join(reference, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    console.log(`written: ${REFERENCE}`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
