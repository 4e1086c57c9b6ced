import { type Kernels, stream } from '../compute/index.js';
import { type Interactions, rowsWhere, SPLITS, TEST, type UserItems, VALIDATION } from '../datasets/interactions.js';
import { knownItems } from '../datasets/known.js';
import { knownTensors } from '../models/batches.js';
import type { Question } from '../models/scorer.js';
import { UserError } from '../support/errors.js';

/** How test items are ranked. */
export interface CandidateSettings {
  /** Sampled items to rank a test item among; 0 ranks it among all items that the user has not interacted with. */
  readonly candidates: number;
  readonly seed: number;
}

type Part = typeof VALIDATION | typeof TEST;

const CANDIDATES = stream('evaluation candidates');
/** Test items whose candidates are drawn together. */
const BLOCK = 256;

/** Test or validation items, with what each is to be ranked among. */
export interface TestQuestion {
  readonly data: Interactions;
  /** Rows of the data that are evaluated. */
  readonly rows: Int32Array;
  /** Test items that there is nothing to rank among, since their users interacted with every item: they are left out of `rows`. */
  readonly leftOut: number;
  /** What each user interacted with, in any part of the data. */
  readonly known: UserItems;
  /** The evaluated pairs themselves. */
  readonly targets: Question;
  /** Each target before its candidates, of which the first counts[row] are some; absent where all items are candidates. */
  readonly sampled?:
    | { readonly question: Question; readonly counts: Int32Array; readonly copies?: Int32Array | undefined }
    | undefined;
}

/** User of an evaluated row. */
export const userOf = ({ data, rows }: TestQuestion, row: number): number => data.user[rows[row] as number] as number;

/** Rows of a part whose items have something to be ranked among, and how many have not. */
function evaluable(data: Interactions, part: Part, known: UserItems): { rows: Int32Array; leftOut: number } {
  const all = rowsWhere(data.user.length, (row) => data.split?.[row] === part);
  const given = part === TEST ? data.candidates : undefined;
  const each = given ? given.length / all.length : 0;
  const rivals = (row: number, place: number): number => {
    if (given) return givenCount(given, place * each, each);
    const user = data.user[row] as number;
    return known.itemCount - ((known.starts[user + 1] as number) - (known.starts[user] as number));
  };
  const rows = all.filter((row, place) => rivals(row, place) > 0);
  return { rows, leftOut: all.length - rows.length };
}

/** How many candidates the data gives from a place on: what is not needed is -1, and stands last. */
function givenCount(candidates: Int32Array, start: number, each: number): number {
  const end = candidates.subarray(start, start + each).indexOf(-1);
  return end < 0 ? each : end;
}

function refuseNothing(
  data: Interactions,
  part: Part,
  { rows, leftOut }: { readonly rows: Int32Array; readonly leftOut: number },
): void {
  if (rows.length > 0) return;
  if (leftOut === 0)
    throw new UserError(
      `"${data.name}" has no ${SPLITS[part]} interactions to evaluate on: make it again from more data, so that users have three interactions or more`,
    );
  throw new UserError(
    `"${data.name}": each of the ${leftOut} ${SPLITS[part]} items belongs to a user who interacted with all ${data.itemIds.length} items, so that there is nothing to rank it among: data in which users know a part of the items can be evaluated`,
  );
}

/** Refuses data in which nothing can be evaluated, before anything is trained on it. Throws UserError. */
export function checkEvaluation(data: Interactions): void {
  const known = knownItems(data, 'all');
  for (const part of [VALIDATION, TEST] as const) refuseNothing(data, part, evaluable(data, part, known));
}

/**
 * What is asked of every method alike. Candidates are those that the data gives for its test part, or are drawn once, for (seed, user), so that every
 * method meets the same ones, as does the same model after every epoch. Throws UserError where there is nothing to evaluate.
 */
export async function testQuestion(
  kernels: Kernels,
  data: Interactions,
  part: Part,
  settings: CandidateSettings,
): Promise<TestQuestion> {
  const known = knownItems(data, 'all');
  const { rows, leftOut } = evaluable(data, part, known);
  refuseNothing(data, part, { rows, leftOut });
  const before = part === TEST ? 'test' : 'validation';
  const user = rows.map((row) => data.user[row] as number);
  const item = rows.map((row) => data.item[row] as number);
  const targets: Question = { user, item, before, wide: 1 };
  const others =
    part === TEST && data.candidates
      ? givenCandidates(data, rows, data.candidates)
      : settings.candidates > 0
        ? await drawnCandidates(kernels, user, known, settings)
        : undefined;
  return {
    ...{ data, rows, leftOut, known, targets },
    ...(others && {
      sampled: { question: withTargets(targets, others), counts: others.counts, copies: copiesOf(item, others) },
    }),
  };
}

/** Candidates of each target, as many places for each: those behind counts[target] are none. */
interface Candidates {
  readonly each: number;
  readonly items: Int32Array;
  readonly counts: Int32Array;
}

async function drawnCandidates(
  kernels: Kernels,
  users: Int32Array,
  known: UserItems,
  { candidates: each, seed }: CandidateSettings,
): Promise<Candidates> {
  const tensors = knownTensors(kernels, known);
  const [items, counts] = [new Int32Array(users.length * each), new Int32Array(users.length)];
  for (let from = 0; from < users.length; from += BLOCK) {
    const owners = kernels.tensor(users.slice(from, from + BLOCK));
    const drawn = kernels.drawCandidates(tensors, owners, each, { seed, stream: CANDIDATES });
    items.set((await kernels.read(drawn.items)) as Int32Array, from * each);
    counts.set((await kernels.read(drawn.counts)) as Int32Array, from);
    for (const tensor of [owners, drawn.items, drawn.counts]) kernels.free(tensor);
  }
  kernels.free(tensors.starts);
  kernels.free(tensors.items);
  return { each, items, counts };
}

/** Candidates that the data gives: places for as many for each test item, those that are not needed -1 and last. */
function givenCandidates(data: Interactions, rows: Int32Array, given: Int32Array): Candidates {
  const all = rowsWhere(data.user.length, (row) => data.split?.[row] === TEST);
  const each = given.length / all.length;
  const places = new Map(Array.from(all, (row, place) => [row, place]));
  const items = new Int32Array(rows.length * each);
  const counts = new Int32Array(rows.length);
  rows.forEach((row, r) => {
    const start = (places.get(row) as number) * each;
    items.set(given.subarray(start, start + each), r * each);
    counts[r] = givenCount(given, start, each);
  });
  return { each, items, counts };
}

/** How often each target is among its own candidates; absent where none is. */
function copiesOf(target: Int32Array, { each, items, counts }: Candidates): Int32Array | undefined {
  const copies = target.map(
    (item, r) => items.subarray(r * each, r * each + (counts[r] as number)).filter((other) => other === item).length,
  );
  return copies.some((count) => count > 0) ? copies : undefined;
}

/** Lays each target before its candidates; one of -1 is none, and stands last. */
function withTargets({ user: owner, item: target, before }: Question, { each, items }: Candidates): Question {
  const wide = each + 1;
  const [user, item] = [new Int32Array(owner.length * wide), new Int32Array(owner.length * wide)];
  for (let r = 0; r < owner.length; r++) {
    user.fill(owner[r] as number, r * wide, (r + 1) * wide);
    item[r * wide] = target[r] as number;
    for (let c = 0; c < each; c++) item[r * wide + c + 1] = Math.max(0, items[r * each + c] as number);
  }
  return { user, item, before, wide };
}
