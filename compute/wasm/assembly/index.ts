/** Everything that the wasm backend exports. */
export * from './adam';
export * from './elementwise';
export * from './exposure';
export * from './matrix';
export { philoxWords, wordAt } from './philox';
export { fillBounded, fillNormal, fillPermutation, fillUniform, fillWords } from './random';
export * from './ranking';
export * from './rows';
export * from './sampling';
export * from './scalar';
