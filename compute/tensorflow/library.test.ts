import { expect, test } from '@jest/globals';
import { NOT_INSTALLED, PACKAGES, reasonOf } from './library.js';

test('a package that is not there is told from one whose native part is not', () => {
  const [name] = PACKAGES;
  expect(reasonOf(name, new Error(`Cannot find package '${name}' imported from /a/library.js`))).toBe(NOT_INSTALLED);
  const part = `Cannot find module '/a/node_modules/${name}/lib/napi-v8/tfjs_binding.node'`;
  expect(reasonOf(name, new Error(`${part}\nRequire stack:`))).toBe(part);
});
