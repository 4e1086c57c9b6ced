import { parentPort, workerData } from 'node:worker_threads';
import type { Stage, WorldState } from '../../simulator/world_state.js';
import { drawShare } from './scale.js';

const { state, stage, first, step } = workerData as { state: WorldState; stage: Stage; first: number; step: number };
parentPort?.postMessage(await drawShare(state, stage, first, step));
