import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { type Document, isAlias, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { builtInEvaluation, type EvaluationCatalogue } from '../../evaluation/evaluate.js';
import { bundleModule } from '../../support/bundle.js';
import { UserError } from '../../support/errors.js';
import { runOwnModule } from '../../support/own_module.js';
import { ownEntry } from '../../support/record.js';
import { unknownName } from '../../support/registry.js';
import { suites } from './registry.js';
import { type Suite, suiteSchemaOf } from './suite.js';

/** A suite with the folder that its paths are read from. */
export interface FoundSuite {
  readonly suite: Suite;
  readonly folder: string;
}

/** A suite by its name, or from the user's YAML, JSON or TypeScript file. Throws UserError that names file, line and setting. */
export async function findSuite(
  reference: string,
  catalogue: EvaluationCatalogue = builtInEvaluation,
): Promise<FoundSuite> {
  const extension = extname(reference).toLowerCase();
  if (!['.yaml', '.yml', '.json', '.ts', '.mts', '.js', '.mjs'].includes(extension))
    return { suite: suites.get(reference), folder: '.' };
  if (!existsSync(reference)) throw new UserError(`"${reference}" does not exist: "expobench init" writes an example`);
  const folder = dirname(reference);
  if (/ts|js$/.test(extension) && extension !== '.json')
    return { suite: await fromModule(reference, catalogue), folder };
  return { suite: fromText(readFileSync(reference, 'utf8'), reference, catalogue), folder };
}

/** The default export of a module. */
async function fromModule(path: string, catalogue: EvaluationCatalogue): Promise<Suite> {
  const source = await bundleModule(path);
  const { exports, value: suite } = await runOwnModule(path, { source });
  if (!('default' in exports) || suite === undefined)
    throw new UserError(`"${path}" must export default a suite: { name, data, methods, ... }`);
  return check(suite, catalogue, () => `"${path}"`);
}

/**
 * YAML, of which JSON is a part, and of YAML what a person writes by hand: maps with plain keys, lists, text, numbers. What would make something
 * else of it (aliases, tags, merged maps) is refused with its line. Exported for tests.
 */
export function fromText(text: string, path: string, catalogue: EvaluationCatalogue = builtInEvaluation): Suite {
  try {
    return fromPlainText(text, path, catalogue);
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`"${path}": lists or maps are nested too deeply to be read`);
    throw error;
  }
}

function fromPlainText(text: string, path: string, catalogue: EvaluationCatalogue): Suite {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    // Rules of YAML 1.2, whatever version the text says that it is of.
    ...{ lineCounter: lines, schema: 'core', merge: false, resolveKnownTags: false },
    ...{ prettyErrors: false, logLevel: 'error' },
  });
  const refuse = (at: number, what: string): never => {
    throw new UserError(`"${path}", line ${lines.linePos(at).line}: ${what}`);
  };
  const [broken] = document.errors;
  if (broken) refuse(broken.pos[0], complaintOf(broken));
  refuseArtful(document, refuse);
  return check(document.toJS(), catalogue, (place) => {
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

/** What is wrong with the text, without advice to programmers. */
function complaintOf({ code, message }: Document.Parsed['errors'][number]): string {
  if (code === 'DUPLICATE_KEY') return 'the same key stands twice in one map: leave one of them out';
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here ("---"): a file holds one suite';
  return message.split('\n')[0] as string;
}

const PLAIN_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

/** Refuses aliases, tags, merged maps, and keys that are not text. */
function refuseArtful(document: Document.Parsed, refuse: (at: number, what: string) => never): void {
  visit(document, {
    Node(_, node: Node) {
      const at = node.range?.[0] ?? 0;
      if (isAlias(node)) refuse(at, `the alias "*${node.source}" is not read: write out what it stands for`);
      const { tag } = node as { readonly tag?: string };
      if (tag !== undefined && !PLAIN_TAG.test(tag))
        refuse(at, `the tag "${tag}" is not read: write the value without it`);
      if (!isMap(node)) return;
      for (const { key } of node.items) {
        const where = (isNode(key) ? key.range?.[0] : undefined) ?? at;
        if (!isScalar(key)) {
          if (!isAlias(key)) refuse(where, 'a key must be text');
        } else if (key.value === '<<') refuse(where, 'maps are not merged ("<<"): write out what is meant');
      }
    },
  });
}

/** The place of a key that would be the prototype of what it stands in; undefined where there is none. */
function prototypeKey(value: unknown, seen = new Set<unknown>()): PropertyKey[] | undefined {
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  if (Object.hasOwn(value, '__proto__')) return ['__proto__'];
  for (const [key, inner] of Object.entries(value)) {
    const place = prototypeKey(inner, seen);
    if (place) return [Array.isArray(value) ? Number(key) : key, ...place];
  }
  return undefined;
}

const PROTOTYPE = 'no setting, data set or row can be named "__proto__" as a key: give it another name';

/** Where the key of an entry begins. */
function keyNode(document: ReturnType<typeof parseDocument>, place: readonly PropertyKey[]): number | undefined {
  const parent = place.length > 1 ? document.getIn(place.slice(0, -1), true) : document.contents;
  const items = (parent as { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] } | null)?.items;
  return items?.find(({ key }) => key?.value === place.at(-1))?.key?.range?.[0];
}

type Issue = z.core.$ZodIssue;

function check(
  value: unknown,
  catalogue: EvaluationCatalogue,
  whereIs: (place: readonly PropertyKey[]) => string,
): Suite {
  const place = prototypeKey(value);
  if (place) throw new UserError(`${whereIs(place)}: ${PROTOTYPE}`);
  const schema = suiteSchemaOf(catalogue);
  const parsed = schema.safeParse(value);
  if (parsed.success) return value as Suite;
  const issue = deepest(foremost(parsed.error.issues), value);
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const place = [...issue.path, key];
    const what = path === '' ? 'setting of a suite' : `setting of "${path}"`;
    throw new UserError(`${whereIs(place)}: ${unknownName(what, key, keysAt(schema, issue.path))}`);
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
      const next = typeof step === 'number' ? node.items : ownEntry(node.properties, String(step));
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
