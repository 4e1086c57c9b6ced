import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { bundleExposure } from '../../simulator/exposure/custom.js';
import { UserError } from '../../support/errors.js';
import { unknownName } from '../../support/registry.js';
import { suites } from './registry.js';
import { type Suite, suiteSchema } from './suite.js';

/** A suite with the folder that its paths are read from. */
export interface FoundSuite {
  readonly suite: Suite;
  readonly folder: string;
}

/** A suite by its name, or from the user's YAML, JSON or TypeScript file. Throws UserError that names file, line and setting. */
export async function findSuite(reference: string): Promise<FoundSuite> {
  const extension = extname(reference).toLowerCase();
  if (!['.yaml', '.yml', '.json', '.ts', '.mts', '.js', '.mjs'].includes(extension))
    return { suite: suites.get(reference), folder: '.' };
  if (!existsSync(reference)) throw new UserError(`"${reference}" does not exist: "expobench init" writes an example`);
  const folder = dirname(reference);
  if (/ts|js$/.test(extension) && extension !== '.json') return { suite: await fromModule(reference), folder };
  return { suite: fromText(readFileSync(reference, 'utf8'), reference), folder };
}

/** The default export of a module. */
async function fromModule(path: string): Promise<Suite> {
  const source = await bundleExposure(path);
  const module = (await import(`data:text/javascript;base64,${Buffer.from(source).toString('base64')}`)) as {
    default?: unknown;
  };
  const { default: suite } = module;
  if (suite === undefined) throw new UserError(`"${path}" must export default a suite: { name, data, methods, ... }`);
  return check(suite, () => `"${path}"`);
}

/** YAML, of which JSON is a part. Exported for tests. */
export function fromText(text: string, path: string): Suite {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken)
    throw new UserError(`"${path}", line ${lines.linePos(broken.pos[0]).line}: ${broken.message.split('\n')[0]}`);
  return check(document.toJS(), (place) => {
    // The nearest that stands in the file: what is missing does not.
    for (let depth = place.length; depth > 0; depth--) {
      const node = document.getIn(place.slice(0, depth), true);
      const key = keyNode(document, place.slice(0, depth));
      const at = key ?? (isNode(node) ? node.range?.[0] : undefined);
      if (at !== undefined) return `"${path}", line ${lines.linePos(at).line}`;
    }
    return `"${path}"`;
  });
}

/** Where the key of an entry begins. */
function keyNode(document: ReturnType<typeof parseDocument>, place: readonly PropertyKey[]): number | undefined {
  const parent = place.length > 1 ? document.getIn(place.slice(0, -1), true) : document.contents;
  const items = (parent as { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] } | null)?.items;
  return items?.find(({ key }) => key?.value === place.at(-1))?.key?.range?.[0];
}

type Issue = z.core.$ZodIssue;

function check(value: unknown, whereIs: (place: readonly PropertyKey[]) => string): Suite {
  const parsed = suiteSchema.safeParse(value);
  if (parsed.success) return value as Suite;
  const issue = deepest(foremost(parsed.error.issues), value);
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const place = [...issue.path, key];
    const what = path === '' ? 'setting of a suite' : `setting of "${path}"`;
    throw new UserError(`${whereIs(place)}: ${unknownName(what, key, keysAt(suiteSchema, issue.path))}`);
  }
  throw new UserError(`${whereIs(issue.path)}${path === '' ? '' : `, ${path}`}: ${issue.message}`);
}

/** A name that is misspelt explains what is missing, so it comes first. */
const foremost = (issues: readonly Issue[]): Issue =>
  issues.find(({ code }) => code === 'unrecognized_keys') ?? (issues[0] as Issue);

/** Of alternatives, the complaint of the one that was meant: an object where there is an object. */
function deepest(issue: Issue, value: unknown): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const given = issue.path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown>)?.[key], value);
  const isObject = typeof given === 'object';
  const fits = issue.errors.filter(
    (errors) =>
      !(
        isObject &&
        errors.some((one) => one.code === 'invalid_type' && one.path.length === 0 && one.expected === 'string')
      ),
  );
  const inner = (fits.at(-1) ?? issue.errors.at(-1))?.[0];
  return inner ? deepest({ ...inner, path: [...issue.path, ...inner.path] } as Issue, value) : issue;
}

/** Names of the settings that a schema has at a place. */
function keysAt(schema: z.core.$ZodType, place: readonly PropertyKey[]): string[] {
  const json = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  let nodes: JsonSchema[] = [json];
  for (const step of place) {
    nodes = nodes.flatMap((node) => {
      const next = typeof step === 'number' ? node.items : (node.properties?.[String(step)] ?? undefined);
      return next ? alternatives(next) : [];
    });
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))].filter((key) => key !== '$schema');
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

const alternatives = (schema: JsonSchema): JsonSchema[] => [
  schema,
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(alternatives),
];
