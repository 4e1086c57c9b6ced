/** Everything that the wasm backend exports. */
export * from './adam';
export { attention, attentionAdjoint } from './attention';
export * from './elementwise';
export { drawExposures, drawOutcomes, expectedCount, lastCapped, logExposure, normalListed, sigmoidOfDifference } from './exposure';
export * from './matrix';
export * from './normalization';
export { philoxWords, wordAt } from './philox';
export { fillBounded, fillMask, fillNormal, fillPermutation, fillUniform, fillWords } from './random';
export * from './ranking';
export * from './ridge';
export * from './rows';
export * from './sampling';
export * from './scalar';
export * from './skipping';
export * from './similarity';
export * from './weighting';
