import type { JSX } from 'preact';
import { CELL_KINDS, type CellDiff, countKinds, kindText, type TableDiff, valueText } from '../diff.js';
import { type Cell, pageOf, Section, SortableTable } from './page.js';

const MEANING: Readonly<Record<CellDiff['kind'], string>> = {
  same: 'equal to the bit, in every repetition',
  noise: 'different, and it may be chance: paired over the repetitions, p at least 0.05',
  change: 'different beyond chance, or without the repetitions to test it',
  added: 'only after',
  removed: 'only before',
};

/** A diff as one self-contained page of HTML. */
export function diffPageOf(diff: TableDiff): string {
  const { before, after, cells, settings } = diff;
  const [changed, same] = [cells.filter(({ kind }) => kind !== 'same'), cells.filter(({ kind }) => kind === 'same')];
  return pageOf(
    `${before} to ${after}`,
    <>
      <header>
        <h1>
          {before} to {after}
        </h1>
        <p>{countKinds(diff)}.</p>
      </header>
      <main>
        <Section id="cells" title="Cells">
          {changed.length > 0 ? <Cells title="Cells that differ" cells={changed} /> : <p>No cell differs.</p>}
          {same.length > 0 && (
            <details>
              <summary>{same.length} cells that are the same</summary>
              <Cells title="Cells that are the same" cells={same} />
            </details>
          )}
          <ul class="note">
            {CELL_KINDS.map((kind) => (
              <li key={kind}>
                {kind}: {MEANING[kind]}
              </li>
            ))}
          </ul>
        </Section>
        <Section id="settings" title="Data and settings">
          {settings.length === 0 ? (
            <p>Nothing differs.</p>
          ) : (
            <SortableTable
              title="What differs in data and settings"
              head={['setting', 'before', 'after']}
              rows={settings.map((one) => [one.path, valueText(one.before), valueText(one.after)])}
            />
          )}
        </Section>
      </main>
    </>,
  );
}

function Cells({ title, cells }: { title: string; cells: readonly CellDiff[] }): JSX.Element {
  return (
    <SortableTable
      title={title}
      head={['row', 'table', 'column', 'kind', 'before', 'after', 'difference', 'p']}
      rows={cells.map((cell): Cell[] => [
        ...[cell.row, cell.table, cell.column],
        { show: <span class={cell.kind}>{kindText(cell)}</span>, sort: cell.kind },
        { show: cell.texts[0], sort: cell.before?.mean },
        { show: cell.texts[1], sort: cell.after?.mean },
        { show: cell.texts[2], sort: cell.difference },
        { show: cell.p?.toPrecision(2) ?? '', sort: cell.p },
      ])}
      numbersFrom={4}
      filter={cells.length > 20}
    />
  );
}
