/** What goes through the queue: who writes and who reads it parse with the same object. */
import { z } from 'zod';
import { keySchema } from '../../../results/run_schema.js';
import { lineSum } from '../../../support/hash.js';
import { pack, unpack } from '../../../support/packed.js';

const sha256 = keySchema;
const text = z.string().max(2000);

/** A job: a task, and where what it needs is found. Data and settings alone: never code. */
export const jobSchema = z.strictObject({
  version: z.literal(1),
  key: sha256,
  kind: text,
  payload: z.unknown(),
  data: sha256,
  /** SHA-256 of the packed data. */
  blob: sha256,
  /** Files of the user's: what settings name them by, and the blob of their text. */
  modules: z.array(z.strictObject({ path: text, sha256, blob: sha256 })),
  title: text,
  seconds: z.number().nonnegative(),
  bytes: z.number().nonnegative(),
});
export type JobData = z.infer<typeof jobSchema>;

/** A machine, or rather a worker's process on it. */
const machineSchema = z.strictObject({
  name: text,
  processor: text,
  cores: z.number().int().positive(),
  memory: z.number().nonnegative(),
  system: text,
  node: text,
  build: text,
});
export type Machine = z.infer<typeof machineSchema>;

const answerSchema = z.strictObject({
  version: z.literal(1),
  key: sha256,
  machine: machineSchema,
  /** How many workers had begun it. */
  starts: z.number().int().positive(),
  /** What it came to; a mistake of the user's in one sentence; or why its thread stopped. */
  answer: z.unknown().optional(),
  /** Where the answer is a blob, its SHA-256. */
  blob: sha256.optional(),
  mistake: z.string().optional(),
  lost: z.string().optional(),
});
export type Answer = z.infer<typeof answerSchema>;

/** An answer as it is kept: with a checksum. */
export function answerText(answer: Answer): string {
  return JSON.stringify({ ...answer, sum: lineSum(answer) });
}

/** Reads what `answerText` wrote; undefined for what is changed, cut off, or of another task. */
export function readAnswer(written: string, key: string): Answer | undefined {
  try {
    const { sum, ...value } = JSON.parse(written) as Answer & { sum: string };
    const parsed = answerSchema.safeParse(value);
    return sum === lineSum(value) && parsed.success && value.key === key ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an answer holds typed arrays, which JSON does not keep. */
export const hasArrays = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && Object.values(answer).some((part) => ArrayBuffer.isView(part));

export const packAnswer = (answer: unknown): Uint8Array => pack(answer);
export const unpackAnswer = (bytes: Uint8Array): unknown => unpack(bytes);

const runningSchema = z.strictObject({
  id: z.string(),
  title: text,
  /** Milliseconds since 1970 by the server's clock. */
  since: z.number(),
});

/** A worker's sign of life. */
const signSchema = z.strictObject({
  version: z.literal(1),
  machine: machineSchema,
  threads: z.number().int().positive(),
  /** Milliseconds since 1970 by the server's clock, and between signs. */
  at: z.number(),
  every: z.number(),
  running: z.array(runningSchema),
  done: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  retried: z.number().int().nonnegative(),
  /** Whether it runs programs and code of the users'. */
  commands: z.boolean(),
  /** Why it gives trials back, in a sentence. */
  trouble: text.optional(),
});
export type Sign = z.infer<typeof signSchema>;

/** A sweep's sign of life. */
const sweepSignSchema = z.strictObject({
  version: z.literal(1),
  title: text,
  host: text,
  build: text,
  at: z.number(),
  started: z.number(),
  total: z.number().int().nonnegative(),
  done: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  retried: z.number().int().nonnegative(),
  /** Work done and left, in seconds of one core by guess. */
  doneSeconds: z.number(),
  leftSeconds: z.number(),
});
export type SweepSign = z.infer<typeof sweepSignSchema>;

function read<Value>(schema: z.ZodType<Value>, written: string): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(written)).data;
  } catch {
    return undefined;
  }
}

/** Signs by their names; what cannot be read is of another version, and left out. */
function readAll<Value>(schema: z.ZodType<Value>, hash: Readonly<Record<string, string>>): Map<string, Value> {
  return new Map(
    Object.entries(hash).flatMap(([name, written]) => {
      const sign = read(schema, written);
      return sign === undefined ? [] : [[name, sign] as const];
    }),
  );
}

export const readSigns = (hash: Readonly<Record<string, string>>): Map<string, Sign> => readAll(signSchema, hash);
export const readSweepSigns = (hash: Readonly<Record<string, string>>): Map<string, SweepSign> =>
  readAll(sweepSignSchema, hash);

/** Whether a worker has given a sign lately. */
export const isLive = ({ at, every }: Pick<Sign, 'at' | 'every'>, now: number): boolean => at > now - 2 * every - 1000;
