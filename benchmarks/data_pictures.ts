import type { Interactions } from '../datasets/interactions.js';
import { describeProfile, profileOf, profilePicture } from '../datasets/profile.js';
import { writePicture } from '../results/figure.js';
import { describeInspection, inspect } from '../simulator/inspect.js';
import { fileName } from '../support/names.js';
import type { OutputFolder } from '../support/output.js';
import type { OpenedData } from './suite_data.js';

/** Where the picture of a data set lies in a run, without the ending. */
export const dataPicturePath = (name: string): string => `figures/data/${fileName(name)}`;

/** Writes figures/data/<name> of each data set, as JSON, SVG and PNG: its counts, and exposure and popularity as a picture. */
export async function writeDataPictures(folder: OutputFolder, opened: readonly OpenedData[]): Promise<void> {
  for (const one of opened) {
    const path = dataPicturePath(one.name);
    const { text, numbers, svg } = await lookAt(
      one.folder && one.world ? { simulated: one.folder } : { data: one.data },
    );
    const [, ...description] = text.split('\n').map((line) => line.trim());
    folder.writeJson(`${path}.json`, { ...numbers, name: one.name, description });
    await writePicture(folder, path, svg);
  }
}

/** Data in words, numbers and a picture; of a simulated folder its truth, too. */
export async function lookAt(
  what: { readonly simulated: string } | { readonly data: Interactions },
): Promise<{ text: string; numbers: object; svg: string }> {
  if ('simulated' in what) {
    const inspection = await inspect(what.simulated);
    const { picture: svg, ...numbers } = inspection;
    return { text: describeInspection(inspection), numbers, svg };
  }
  const profile = profileOf(what.data);
  return { text: describeProfile(profile), numbers: profile, svg: profilePicture(what.data) };
}
