export * from './compute/index.js';
