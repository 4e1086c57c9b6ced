import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { literal, withDuckDB } from '../../datasets/duckdb.js';
import { NO_FILTER } from '../../datasets/filter.js';
import { prepareInteractions } from '../../datasets/prepare.js';
import { readInteractions } from '../../datasets/reader.js';
import type { Benchmark, Figure } from './measure.js';

/** Made-up ratings of the size of MovieLens-1M and MovieLens-32M. */
const SIZES = [
  { rows: 1_000_209, users: 6040, items: 3706 },
  { rows: 32_000_204, users: 200_948, items: 87_585 },
];

/** Writes a table of ratings, each user's together, popular items more often. */
async function writeRatings(path: string, { rows, users, items }: (typeof SIZES)[number]): Promise<void> {
  const each = Math.ceil(rows / users);
  await withDuckDB(async (connection) => {
    await connection.run(`COPY (SELECT u + 1 AS userId, CAST(floor(${items} * power((hash(u, k) % 1000003) / 1000003.0, 2)) AS INTEGER) + 1 AS movieId,
        (1 + hash(k, u, 1) % 10) / 2 AS rating, 800000000 + hash(k, u) % 800000000 AS "timestamp"
      FROM (SELECT r // ${each} AS u, r % ${each} AS k FROM range(${rows}) t(r))) TO ${literal(path)} (HEADER true)`);
  });
}

/** Seconds of both cores and of the clock that some work takes. */
async function timed(work: () => Promise<unknown>): Promise<{ readonly cpu: number; readonly wall: number }> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, wall: (performance.now() - start) / 1000 };
}

/** What DuckDB itself needs to read the table with types, by its own guesses: the least that reading can cost. */
const plainScan = (path: string) =>
  timed(() =>
    withDuckDB((connection) =>
      connection.run(
        `SELECT count(DISTINCT userId), count(DISTINCT movieId), sum(rating), max("timestamp") FROM read_csv(${literal(path)})`,
      ),
    ),
  );

/** Reading and preparing a CSV of ratings with times; `--rows=N` leaves out tables of more rows. */
export const data: Benchmark = {
  name: 'data',
  summary: 'reading and preparing a million and 32 million ratings',
  always: false,
  async run() {
    const said = process.argv.find((argument) => argument.startsWith('--rows='));
    const most = said === undefined ? Number.POSITIVE_INFINITY : Number(said.slice('--rows='.length));
    const place = mkdtempSync(join(tmpdir(), 'expobench-bench-'));
    const out: Figure[] = [];
    try {
      for (const size of SIZES.filter(({ rows }) => rows <= most)) {
        const path = join(place, 'ratings.csv');
        await writeRatings(path, size);
        const megabytes = statSync(path).size / 1e6;
        const reference = (await plainScan(path)).cpu;
        let read: Awaited<ReturnType<typeof readInteractions>> | undefined;
        const reading = await timed(async () => {
          read = await readInteractions(path);
        });
        const preparing = await timed(async () =>
          prepareInteractions(
            (read as NonNullable<typeof read>).data,
            { ...NO_FILTER, minUser: 3 },
            { rule: 'leave-last-two', seed: 1, shortUsers: 'refuse' },
          ),
        );
        const rows = `${(size.rows / 1e6).toFixed(0)} million rows (${megabytes.toFixed(0)} MB)`;
        const referenceName = "DuckDB's own scan with counts of ids, CPU";
        const measured = { unit: 's', reference, referenceName };
        out.push({
          name: `read ${rows}, CPU`,
          value: reading.cpu,
          ...measured,
          ratio: reference / reading.cpu,
          goal: '',
        });
        const all = reading.cpu + preparing.cpu;
        const goal = size.rows > 2e7 ? 'under 120 s' : '';
        out.push({ name: `read and prepare ${rows}, CPU`, value: all, ...measured, ratio: reference / all, goal });
      }
      const peak = process.resourceUsage().maxRSS / 1e6;
      out.push({
        name: 'peak memory',
        value: peak,
        unit: 'GB',
        reference: 4,
        referenceName: 'goal',
        ratio: 4 / peak,
        goal: 'under 4 GB',
      });
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
    return out;
  },
};
