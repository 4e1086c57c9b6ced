import { type Interactions, rowsWhere, takeRows } from '../datasets/interactions.js';
import { plainSettings } from '../methods/settings.js';
import { builtIn, type Catalogue } from './catalogue.js';
import type { TrialData } from './suites/suite.js';
import { runTrial, type TrialSettings, unlessDiverged } from './trial.js';

/** Interactions that a probe looks at, about. */
const PROBE_ROWS = 50_000;
/** Epochs of the longer probe. */
const PROBE_EPOCHS = 5;

/**
 * Seconds that a trial takes on this machine, from short trainings that are timed: one epoch and a few on a share of the users, so that the
 * part that grows with epochs is known. At most so much: trainings mostly stop before their last epoch.
 */
export async function measureSeconds(
  { data, world }: TrialData,
  settings: TrialSettings,
  catalogue: Catalogue = builtIn,
): Promise<number> {
  const every = Math.max(1, Math.ceil(data.user.length / PROBE_ROWS));
  const share = sampleUsers(data, every);
  const evaluation = { ...settings.evaluation, bootstrap: 0 };
  const time = async (epochs: number): Promise<number> => {
    const started = performance.now();
    const probed = { ...settings, evaluation, settings: { ...settings.settings, epochs, patience: epochs } };
    await unlessDiverged(() => runTrial(share, probed, { world, catalogue }));
    return (performance.now() - started) / 1000;
  };
  await time(1); // compiles
  const [one, several] = [await time(1), await time(PROBE_EPOCHS)];
  const perEpoch = Math.max(0, several - one) / (PROBE_EPOCHS - 1);
  const factor = data.user.length / share.user.length;
  return factor * (Math.max(0, one - perEpoch) + perEpoch * plainSettings.parse(settings.settings).epochs);
}

/** All rows of every so many users. */
function sampleUsers(data: Interactions, every: number): Interactions {
  if (every === 1) return data;
  const rows = rowsWhere(data.user.length, (row) => (data.user[row] as number) % every === 0);
  return { ...takeRows(data, rows), candidates: undefined };
}
