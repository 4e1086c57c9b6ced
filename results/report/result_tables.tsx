import type { JSX } from 'preact';
import { type NamedTable, showTable, styleOf } from '../table.js';
import { type Cell, SortableTable } from './page.js';

/** A table of results as the paper prints it, with intervals, sortable, and the tests behind its marks. */
export function ResultTableView({ named: { name, table } }: { named: NamedTable }): JSX.Element {
  const { head, rows, anchors, repetitions } = showTable(table);
  return (
    <article id={name}>
      {table.lead?.length ? <p class="lead">{table.lead.join(' ')}</p> : null}
      <SortableTable
        title={table.title}
        head={['', ...head]}
        rows={rows.map(({ label, cells }): Cell[] => [
          label,
          ...cells.map(({ text, value, interval, place }) => ({
            sort: value,
            show: (
              <>
                {place === 0 ? <strong>{text}</strong> : place === 1 ? <u>{text}</u> : text}
                {interval && <small>{interval}</small>}
              </>
            ),
          })),
        ])}
        foot={anchors.map(({ label, cells }): Cell[] => [label, ...cells.map(({ text }) => text)])}
        numbersFrom={1}
        ascending={table.lowerIsBetter ?? false}
      />
      <p class="note">
        {table.note} {repetitions}. Best bold, second underlined; below each mean its 95% confidence interval.
      </p>
      {table.comparisons && table.comparisons.length > 0 && (
        <details>
          <summary>Tests against the best of each column</summary>
          <SortableTable
            title="Paired t-tests over repetitions, p after Holm's correction"
            head={['column', 'best', 'other', 'difference', '95% interval', 'p']}
            rows={table.comparisons.map(({ column, a, b, difference, interval, adjusted }): Cell[] => {
              const isNumber = styleOf(table, column).format === 'number';
              const write = (x: number): string => (isNumber ? x.toFixed(4) : (100 * x).toFixed(2));
              return [
                ...[column, a, b],
                { show: write(difference), sort: difference },
                { show: interval.map(write).join(' to '), sort: interval[0] },
                { show: adjusted.toPrecision(2), sort: adjusted },
              ];
            })}
            numbersFrom={3}
          />
        </details>
      )}
    </article>
  );
}
