import { z } from 'zod';
import { type FeatureReader, holds } from '../../datasets/features.js';
import { UserError } from '../../support/errors.js';
import { numberOf } from '../../support/numbers.js';
import { largestIn } from '../blocks.js';
import { byUser, defineExposure, type FeatureReaders, featuresIn } from './exposure.js';

const condition = z
  .string()
  .regex(/^[^=]+=.+$/, 'must be COLUMN=VALUE')
  .optional();

/** e = strength where the item, the user, or both are of a group, and 0 elsewhere. */
export const group = defineExposure({
  name: 'group',
  summary:
    'strength for items, users, or pairs of a group: --set item=genre=Drama, --set user=plan=paid, or both, of --item-features and --user-features',
  settings: z.object({ strength: z.number().default(0.7), item: condition, user: condition }),
  isBounded: () => true,
  seesFeatures: () => true,
  check: (settings, world) => void membersOf(featuresIn(world), settings),
  create(context, settings) {
    const { strength } = settings;
    const { users, items } = membersOf(featuresIn(context), settings);
    const values = items.map((member) => strength * member);
    const nothing = new Float32Array(items.length);
    const ofUser = (user: number): Float32Array => (users[user] ? values : nothing);
    return {
      ...byUser(context, (user, out) => out.set(ofUser(user))),
      sparse: {
        coordinates: [{ dim: 1, values }],
        prepare(blocks) {
          const [most, none] = [largestIn(blocks, values), new Float32Array(blocks.count)];
          return (user, out) => out.set(users[user] ? most : none);
        },
        listed(user, list, out) {
          const own = ofUser(user);
          for (let k = 0; k < list.length; k++) out[k] = own[list[k] as number] as number;
        },
      },
    };
  },
});

/** Who is of the group, by 1 and 0: everybody, where nothing is said of a side. Throws UserError for a group that nobody is of. */
function membersOf(
  { users, items }: FeatureReaders,
  { user, item }: { readonly user?: string | undefined; readonly item?: string | undefined },
): { users: Float32Array; items: Float32Array } {
  if (user === undefined && item === undefined)
    throw new UserError('group: say which items or users, with --set item=COLUMN=VALUE or --set user=COLUMN=VALUE');
  return { users: members(users, user), items: members(items, item) };
}

function members(reader: FeatureReader, condition: string | undefined): Float32Array {
  if (condition === undefined) return new Float32Array(reader.ids.length).fill(1);
  const [column = '', ...rest] = condition.split('=');
  const value = rest.join('=');
  const at = reader.valuesOf(column);
  const wanted = reader.kindOf(column) === 'category' ? value : wantedNumber(column, value);
  const out = Float32Array.from(reader.ids, (_, row) => Number(holds(at(row), wanted)));
  if (out.includes(1)) return out;
  throw new UserError(`group: no ${reader.table.role} has "${value}" as its "${column}"`);
}

function wantedNumber(column: string, value: string): number {
  const number = value === 'true' ? 1 : value === 'false' ? 0 : numberOf(value);
  if (!Number.isNaN(number)) return number;
  throw new UserError(`group: "${column}" holds numbers, and "${value}" is none`);
}
