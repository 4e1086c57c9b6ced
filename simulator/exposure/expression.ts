import jsep from 'jsep';
import { z } from 'zod';
import { exp, log, pow, sigmoid, tanh } from '../../compute/math.js';
import { UserError } from '../../support/errors.js';
import { ownEntry } from '../../support/record.js';
import { unknownName } from '../../support/registry.js';
import { byUser, defineExposure, sparseByPair } from './exposure.js';

/** What a formula sees of one pair. */
interface Pair {
  x: Float32Array;
  z: Float32Array;
  dot: number;
  popularity: number;
}

type Formula = (pair: Pair) => number;

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

const norm = (vector: Float32Array): number => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

const VARIABLES: Readonly<Record<string, Formula>> = {
  dot: (pair) => pair.dot,
  popularity: (pair) => pair.popularity,
  norm_x: (pair) => norm(pair.x),
  norm_z: (pair) => norm(pair.z),
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
};

/** Most characters of a formula. */
const LONGEST = 2000;

/** Compiles a formula over dot, popularity, norm_x, norm_z, x[k] and z[k]. Throws UserError for anything else. No code is evaluated. */
export function compileFormula(formula: string, dim: number): Formula {
  const refuse = (what: string): never => {
    throw new UserError(`the formula "${formula}": ${what}`);
  };
  const compile = (node: jsep.Expression): Formula => {
    switch (node.type) {
      case 'Literal': {
        const value = (node as jsep.Literal).value;
        return typeof value === 'number' ? () => value : refuse(`${String(value)} is not a number`);
      }
      case 'Identifier': {
        const { name } = node as jsep.Identifier;
        return (
          ownEntry(VARIABLES, name) ??
          refuse(unknownName('variable', name, [...Object.keys(VARIABLES), 'x[k]', 'z[k]']))
        );
      }
      case 'MemberExpression': {
        const member = node as jsep.MemberExpression;
        const which = (member.object as jsep.Identifier).name;
        const k = (member.property as jsep.Literal).value;
        if (
          (which !== 'x' && which !== 'z') ||
          !member.computed ||
          typeof k !== 'number' ||
          !Number.isInteger(k) ||
          k < 0 ||
          k >= dim
        ) {
          return refuse(`only x[k] and z[k] with k from 0 to ${dim - 1} can be indexed`);
        }
        return (pair) => pair[which][k] as number;
      }
      case 'UnaryExpression': {
        const { operator, argument } = node as jsep.UnaryExpression;
        const inner = compile(argument);
        if (operator === '-') return (pair) => -inner(pair);
        return operator === '+' ? inner : refuse(`unknown operator "${operator}"`);
      }
      case 'BinaryExpression': {
        const { operator, left, right } = node as jsep.BinaryExpression;
        const [a, b] = [compile(left), compile(right)];
        const apply =
          ownEntry(OPERATORS, operator) ?? refuse(unknownName('operator', operator, Object.keys(OPERATORS)));
        return (pair) => apply(a(pair), b(pair));
      }
      case 'ConditionalExpression': {
        const { test, consequent, alternate } = node as jsep.ConditionalExpression;
        const [condition, yes, no] = [compile(test), compile(consequent), compile(alternate)];
        return (pair) => (condition(pair) !== 0 ? yes(pair) : no(pair));
      }
      case 'CallExpression': {
        const { callee, arguments: given } = node as jsep.CallExpression;
        if (callee.type !== 'Identifier') return refuse('only the functions themselves can be called');
        const { name } = callee as jsep.Identifier;
        const known = ownEntry(FUNCTIONS, name) ?? refuse(unknownName('function', name, Object.keys(FUNCTIONS)));
        if (given.length !== known.arity) return refuse(`${name} takes ${known.arity} value(s)`);
        const [a, b] = given.map(compile) as [Formula, Formula?];
        return b ? (pair) => known.apply(a(pair), b(pair)) : (pair) => known.apply(a(pair));
      }
      default:
        return refuse('it must be one expression of numbers');
    }
  };
  // Parsers of expressions call themselves for what lies within; no formula is so long.
  if (formula.length > LONGEST) return refuse(`it has more than ${LONGEST.toLocaleString('en')} characters`);
  try {
    return compile(jsep(formula));
  } catch (error) {
    if (error instanceof UserError) throw error;
    return refuse((error as Error).message);
  }
}

/** e = a formula of the user's. */
export const expression = defineExposure({
  name: 'expression',
  summary: 'a formula over dot, popularity, norm_x, norm_z, x[k], z[k], e.g. "0.5*dot - log(1 + popularity)"',
  settings: z.object({
    formula: z.string().min(1),
    /** What it is at most, anywhere: for `--sampling skip`. */
    bound: z.number().optional(),
  }),
  isBounded: ({ bound }) => bound !== undefined,
  create(context, { formula, bound }) {
    const { kernels, dim, items } = context;
    const evaluate = compileFormula(formula, dim);
    const [x, z] = [kernels.floats(context.x).slice(), kernels.floats(context.z).slice()];
    const vectors = Array.from({ length: items }, (_, item) => z.subarray(item * dim, (item + 1) * dim));
    const pair: Pair = { x, z, dot: 0, popularity: 0 };
    const ofPair = (user: number, item: number): number => {
      pair.x = x.subarray(user * dim, (user + 1) * dim);
      pair.z = vectors[item] as Float32Array;
      let dot = 0;
      for (let k = 0; k < dim; k++) dot += (pair.x[k] as number) * (pair.z[k] as number);
      pair.dot = dot;
      pair.popularity = context.popularity[item] as number;
      return evaluate(pair);
    };
    return {
      ...byUser(context, (user, out) => {
        for (let item = 0; item < items; item++) out[item] = ofPair(user, item);
      }),
      ...(bound !== undefined && { sparse: sparseByPair(bound, ofPair) }),
    };
  },
});
