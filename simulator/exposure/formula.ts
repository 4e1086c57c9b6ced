import jsep from 'jsep';
import { exp, log, pow, sigmoid, tanh } from '../../compute/math.js';
import { type FeatureReader, holds } from '../../datasets/features.js';
import { UserError } from '../../support/errors.js';
import { ownEntry } from '../../support/record.js';
import { unknownName } from '../../support/registry.js';
import type { FeatureReaders } from './exposure.js';

/** What a formula sees of one pair. */
export interface Pair {
  user: number;
  item: number;
  x: Float32Array;
  z: Float32Array;
  dot: number;
  popularity: number;
  share: number;
  normX: number;
  normZ: number;
}

type Numeric = (pair: Pair) => number;
type Text = (pair: Pair) => string;
/** A part of a formula, with what it gives. */
type Part = { readonly kind: 'number'; readonly at: Numeric } | { readonly kind: 'text'; readonly at: Text };

/** A formula ready for use. */
export interface CompiledFormula {
  readonly evaluate: Numeric;
  /** Columns of features that it reads. */
  readonly columns: readonly { readonly reader: FeatureReader; readonly name: string }[];
}

const FUNCTIONS: Readonly<Record<string, { readonly arity: number; readonly apply: (...values: number[]) => number }>> =
  {
    exp: { arity: 1, apply: exp },
    log: { arity: 1, apply: log },
    sqrt: { arity: 1, apply: Math.sqrt },
    abs: { arity: 1, apply: Math.abs },
    tanh: { arity: 1, apply: tanh },
    sigmoid: { arity: 1, apply: sigmoid },
    pow: { arity: 2, apply: pow },
    min: { arity: 2, apply: Math.min },
    max: { arity: 2, apply: Math.max },
  };

/** Functions of texts: `has(item.genres, "Drama")`, of texts that may hold several, and `date("1995-12-31")`, seconds since 1970. */
const TEXT_FUNCTIONS = ['has', 'date'];

const VARIABLES: Readonly<Record<string, Numeric>> = {
  dot: (pair) => pair.dot,
  popularity: (pair) => pair.popularity,
  share: (pair) => pair.share,
  norm_x: (pair) => pair.normX,
  norm_z: (pair) => pair.normZ,
};

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '>': (a, b) => Number(a > b),
  '<': (a, b) => Number(a < b),
  '>=': (a, b) => Number(a >= b),
  '<=': (a, b) => Number(a <= b),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '||': (a, b) => Number(a !== 0 || b !== 0),
};
const EQUAL = ['==', '!='];

/** Most characters of a formula. */
const LONGEST = 2000;

/** Whether a formula looks at ids or features. */
export const seesFeatures = (formula: string): boolean => /\b(user|item)\s*[.[]/.test(formula);

/**
 * Compiles a formula over dot, popularity, share, norm_x, norm_z, x[k], z[k] and, where there are features, user.COLUMN, item.COLUMN, user.id and
 * item.id. Throws UserError for anything else. No code is evaluated.
 */
export function compileFormula(formula: string, dim: number, features?: FeatureReaders): CompiledFormula {
  const columns: { reader: FeatureReader; name: string }[] = [];
  const refuse = (what: string): never => {
    throw new UserError(`the formula "${formula}": ${what}`);
  };
  const number = (at: Numeric): Part => ({ kind: 'number', at });
  const text = (at: Text): Part => ({ kind: 'text', at });
  const numeric = (node: jsep.Expression): Numeric => {
    const part = compile(node);
    return part.kind === 'number'
      ? part.at
      : refuse(
          `${shown(node)} is a text, which is not a number; compare texts with == and !=, or ask has(${shown(node)}, "...")`,
        );
  };
  const textual = (node: jsep.Expression, whose: string): Text => {
    const part = compile(node);
    return part.kind === 'text' ? part.at : refuse(`${whose} takes texts, and ${shown(node)} is a number`);
  };
  /** A column of features, or the original id. */
  const feature = (side: 'user' | 'item', name: string): Part => {
    const row: Numeric = side === 'user' ? (pair) => pair.user : (pair) => pair.item;
    const reader = side === 'user' ? features?.users : features?.items;
    if (!reader) return refuse(`${side}.${name}: there are no features of ${side}s`);
    if (name === 'id') return text((pair) => reader.ids[row(pair)] as string);
    const kind = reader.kindOf(name);
    const at = reader.valuesOf(name);
    columns.push({ reader, name });
    return kind === 'category' ? text((pair) => at(row(pair)) as string) : number((pair) => at(row(pair)) as number);
  };
  const member = ({ object, property, computed }: jsep.MemberExpression): Part => {
    const which = (object as jsep.Identifier).name;
    const { value } = property as jsep.Literal;
    if (which === 'user' || which === 'item') {
      const name = computed ? value : (property as jsep.Identifier).name;
      return typeof name === 'string' ? feature(which, name) : refuse(`write ${which}.COLUMN or ${which}["COLUMN"]`);
    }
    const k = value as number;
    const isPlace = computed && Number.isInteger(k) && k >= 0 && k < dim;
    if ((which !== 'x' && which !== 'z') || !isPlace)
      return refuse(
        `only x[k] and z[k] with k from 0 to ${dim - 1} can be indexed; features of users and items are user.COLUMN and item.COLUMN`,
      );
    return number((pair) => pair[which][k] as number);
  };
  const call = ({ callee, arguments: given }: jsep.CallExpression): Part => {
    if (callee.type !== 'Identifier') return refuse('only the functions themselves can be called');
    const { name } = callee as jsep.Identifier;
    const known = ownEntry(FUNCTIONS, name);
    const arity = known?.arity ?? (name === 'has' ? 2 : name === 'date' ? 1 : undefined);
    if (arity === undefined)
      return refuse(unknownName('function', name, [...Object.keys(FUNCTIONS), ...TEXT_FUNCTIONS]));
    if (given.length !== arity) return refuse(`${name} takes ${arity} value(s)`);
    const [first, second] = given as [jsep.Expression, jsep.Expression];
    if (name === 'has') {
      const [whole, part] = [textual(first, name), textual(second, name)];
      return number((pair) => Number(holds(whole(pair), part(pair))));
    }
    if (name === 'date') {
      const seconds =
        secondsOf((first as jsep.Literal).value) ?? refuse('date takes a day or a time such as "1995-12-31"');
      return number(() => seconds);
    }
    const { apply } = known as (typeof FUNCTIONS)[string];
    const a = numeric(first);
    if (arity === 1) return number((pair) => apply(a(pair)));
    const b = numeric(second);
    return number((pair) => apply(a(pair), b(pair)));
  };
  const compile = (node: jsep.Expression): Part => {
    switch (node.type) {
      case 'Literal': {
        const { value } = node as jsep.Literal;
        if (typeof value === 'string') return text(() => value);
        return typeof value === 'number' ? number(() => value) : refuse(`${String(value)} is not a number`);
      }
      case 'Identifier': {
        const { name } = node as jsep.Identifier;
        const known = [...Object.keys(VARIABLES), 'x[k]', 'z[k]', 'user.COLUMN', 'item.COLUMN'];
        return number(ownEntry(VARIABLES, name) ?? refuse(unknownName('variable', name, known)));
      }
      case 'MemberExpression':
        return member(node as jsep.MemberExpression);
      case 'UnaryExpression': {
        const { operator, argument } = node as jsep.UnaryExpression;
        const inner = numeric(argument);
        if (operator === '-') return number((pair) => -inner(pair));
        if (operator === '!') return number((pair) => Number(inner(pair) === 0));
        return operator === '+' ? number(inner) : refuse(`unknown operator "${operator}"`);
      }
      case 'BinaryExpression': {
        const { operator, left, right } = node as jsep.BinaryExpression;
        if (EQUAL.includes(operator)) {
          const [a, b] = [compile(left), compile(right)];
          if (a.kind !== b.kind)
            return refuse(`${shown(left)} and ${shown(right)} are a text and a number, which are never equal`);
          return number((pair) => Number((a.at(pair) === b.at(pair)) === (operator === '==')));
        }
        const apply =
          ownEntry(OPERATORS, operator) ??
          refuse(unknownName('operator', operator, [...Object.keys(OPERATORS), ...EQUAL]));
        const [a, b] = [numeric(left), numeric(right)];
        return number((pair) => apply(a(pair), b(pair)));
      }
      case 'ConditionalExpression': {
        const { test, consequent, alternate } = node as jsep.ConditionalExpression;
        const [condition, yes, no] = [numeric(test), numeric(consequent), numeric(alternate)];
        return number((pair) => (condition(pair) !== 0 ? yes(pair) : no(pair)));
      }
      case 'CallExpression':
        return call(node as jsep.CallExpression);
      default:
        return refuse('it must be one expression of numbers');
    }
  };
  // Parsers of expressions call themselves for what lies within; no formula is so long.
  if (formula.length > LONGEST) return refuse(`it has more than ${LONGEST.toLocaleString('en')} characters`);
  try {
    return { evaluate: numeric(jsep(formula)), columns };
  } catch (error) {
    if (error instanceof UserError) throw error;
    return refuse((error as Error).message);
  }
}

/** A part of a formula as it was written, as far as messages need it. */
function shown(node: jsep.Expression): string {
  if (node.type === 'Literal') return (node as jsep.Literal).raw;
  if (node.type === 'Identifier') return (node as jsep.Identifier).name;
  if (node.type !== 'MemberExpression') return 'a part of it';
  const { object, property, computed } = node as jsep.MemberExpression;
  return computed ? `${shown(object)}[${shown(property)}]` : `${shown(object)}.${shown(property)}`;
}

/** Seconds since 1970 of a day or a time in UTC, by ISO 8601; undefined where it is none. */
function secondsOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
