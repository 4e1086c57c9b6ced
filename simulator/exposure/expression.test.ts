import { expect, test } from '@jest/globals';
import { UserError } from '../../support/errors.js';
import { compileFormula } from './formula.js';

const EVERY_OBJECT_HAS = Reflect.ownKeys(Object.prototype).map(String);

test.each([
  ...EVERY_OBJECT_HAS.map((name) => [name, `unknown variable "${name}"`]),
  ...EVERY_OBJECT_HAS.map((name) => [`${name}(1)`, `unknown function "${name}"`]),
  ...EVERY_OBJECT_HAS.map((name) => [`dot.${name}`, 'can be indexed']),
  ...EVERY_OBJECT_HAS.map((name) => [`x["${name}"]`, 'can be indexed']),
  ['x.length', 'can be indexed'],
  ['exp.call(1)', 'can be called'],
  ['this', 'one expression of numbers'],
])('%s is no formula', (formula, complaint) => {
  expect(() => compileFormula(formula, 2)).toThrow(UserError);
  expect(() => compileFormula(formula, 2)).toThrow(complaint);
});
