import { markdownTable } from 'markdown-table';
import { markdownText } from './markdown.js';
import type { ResultTable } from './table.js';

const [HIT, VALUE] = ['hit@10', 'value@10'];

/** The shortest table of what a run says: each method by clicks and in truth, the best of both in bold, and what could be learned. */
export function frontTable(value: ResultTable, standard: ResultTable): string {
  const rows = value.rows
    .flatMap(({ label, cells }) => {
      const hit = standard.rows.find((row) => row.label === label)?.cells[HIT as string]?.mean;
      const worth = cells[VALUE as string]?.mean;
      return hit === undefined || worth === undefined ? [] : [{ label, hit, worth }];
    })
    .sort((a, b) => b.hit - a.hit);
  const [mostHit, mostWorth] = [Math.max(...rows.map(({ hit }) => hit)), Math.max(...rows.map(({ worth }) => worth))];
  const written = (share: number, isBest: boolean): string => {
    const text = (100 * share).toFixed(1);
    return isBest ? `**${text}**` : text;
  };
  const learnable = value.anchors?.find(({ label }) => label === 'learnable')?.cells[VALUE as string]?.mean;
  return markdownTable(
    [
      ['method', 'offline Hit@10', 'true clicks in 100 shown'],
      ...rows.map(({ label, hit, worth }) => [
        `${markdownText(label)}${hit === mostHit ? " (offline's pick)" : ''}${worth === mostWorth ? " (the truth's pick)" : ''}`,
        written(hit, hit === mostHit),
        written(worth, worth === mostWorth),
      ]),
      ...(learnable === undefined ? [] : [['the best that can be learned', '', written(learnable, false)]]),
    ],
    { align: ['l', 'r', 'r'] },
  );
}
