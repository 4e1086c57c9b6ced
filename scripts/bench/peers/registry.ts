import { Registry } from '../../../support/registry.js';
import { cfJob, easeJob, ialsJob, itemKnnJob } from './closed_forms.js';
import { gmfJob } from './gmf.js';
import type { PeerJob } from './job.js';
import { simulationJob } from './simulation.js';

/** Every job that is compared with a peer's. */
export const peerJobs = new Registry<PeerJob>('job', [itemKnnJob, cfJob, easeJob, ialsJob, gmfJob, simulationJob]);
