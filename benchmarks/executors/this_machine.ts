import { arch, availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os';
import { programBuild } from '../../support/version.js';
import type { Machine } from './queue/messages.js';

/** What others see of this machine. */
export const thisMachine = (): Machine => ({
  name: hostname(),
  processor: cpus()[0]?.model.trim() || 'unknown',
  cores: availableParallelism(),
  memory: Number((totalmem() / 1e9).toFixed(1)),
  system: `${type()} ${release()} ${arch()}`,
  node: process.version,
  build: programBuild(),
});
