import type { JSX } from 'preact';
import {
  CELL_KINDS,
  type CellDiff,
  countKinds,
  kindText,
  partsOf,
  type TableDiff,
  testedText,
  valueText,
} from '../diff.js';
import { type Cell, pageOf, Section, SortableTable } from './page.js';

const MEANING: Readonly<Record<CellDiff['kind'], string>> = {
  same: 'equal, but for rounding, in every repetition',
  noise: 'different, and it may be chance: paired over the repetitions, p at least 0.05',
  change: 'different beyond chance, or without the repetitions to test it',
  added: 'only after',
  removed: 'only before',
};

/** A diff as one self-contained page of HTML. */
export function diffPageOf(diff: TableDiff): string {
  const { before, after, settings } = diff;
  const { changes, cameAndWent, noise, same } = partsOf(diff);
  const tested = testedText(diff);
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
          {changes.length + cameAndWent.length + noise.length === 0 && <p>No cell differs.</p>}
          {changes.length > 0 && <Cells title="Changes, the largest first" cells={changes} />}
          {cameAndWent.length > 0 && (
            <SortableTable
              title="Rows that came and went"
              head={['row', 'table', 'kind', 'says']}
              rows={cameAndWent.map((one): Cell[] => [
                ...[one.row, one.table],
                { show: <span class={one.kind}>{one.kind}</span>, sort: one.kind },
                one.texts.join(', '),
              ])}
              filter={cameAndWent.length > 20}
              stacked
            />
          )}
          {noise.length > 0 && <Cells title="Differences that may be chance" cells={noise} />}
          {same.length > 0 && (
            <details>
              <summary>{same.length} cells that are the same</summary>
              <Cells title="Cells that are the same" cells={same} />
            </details>
          )}
          {tested !== '' && <p class="note">{tested}</p>}
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
              stacked
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
      stacked
    />
  );
}
