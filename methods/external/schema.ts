import { z } from 'zod';

const value = z.union([z.number(), z.string()], 'must be a number or a word');

/** What a method file says of a program. */
export const methodFileSchema = z.strictObject({
  $schema: z.string().optional().describe('where an editor finds the schema'),
  name: z
    .string()
    .regex(/^[\w.+-]{1,60}$/, 'must be of at most 60 letters, digits, ".", "+", "-" and "_"')
    .describe('what --models takes, and what tables print'),
  summary: z.string().optional().describe('one line for people'),
  command: z
    .array(z.string().min(1, 'must not be empty'))
    .min(1, 'must name a program')
    .describe(
      'the program and its arguments, run in the folder of this file, without a shell; {folder} is the folder of the trial, {seed}, {dim} and {NAME} settings',
    ),
  files: z
    .array(z.string().min(1))
    .optional()
    .describe('files that the program is made of: when one changes, trials run again'),
  settings: z.record(z.string(), value).optional().describe('its own settings with their defaults'),
  tuning: z.record(z.string(), z.array(z.number()).min(1)).optional().describe('values of settings to try in tuning'),
  needs: z
    .array(
      z.enum(
        ['times', 'ratings', 'exposures', 'propensities'],
        'must be one of times, ratings, exposures, propensities',
      ),
    )
    .optional()
    .describe('what it wants to know besides who interacted with what'),
  gives: z
    .enum(['pairs', 'lists', 'matrix'], 'must be one of pairs, lists, matrix')
    .optional()
    .describe('what it writes besides scores of the pairs: the best items of every user, or the scores of all [lists]'),
  format: z
    .enum(['csv', 'arrow', 'parquet'], 'must be one of csv, arrow, parquet')
    .optional()
    .describe('how it gets its tables [csv]'),
  timeLimit: z.number().positive().optional().describe('seconds after which it is stopped [3600]'),
});
export type MethodFile = z.infer<typeof methodFileSchema>;

/** JSON Schema of a method file, for editors. */
export function methodFileJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(methodFileSchema, { io: 'input' }) as { $schema: string };
  return { $schema, title: 'A program as a method of expobench', ...schema };
}
