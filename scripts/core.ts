/** What runs in a browser, too: the core without files, threads and processes. The test bundles it. */
export { choicesOf } from '../benchmarks/settings.js';
export { runTrial } from '../benchmarks/trial.js';
export { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
export { SIMULATION_DEFAULTS } from '../simulator/config.js';
export { simulateInMemory } from '../simulator/in_memory.js';
