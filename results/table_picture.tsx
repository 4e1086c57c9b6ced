import type { JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { inOneLine, withoutControls } from '../support/names.js';
import type { PictureLayout } from './figure_picture.js';
import { shorten, wrap } from './slope_picture.js';
import { measured, type ResultTable, type TableRow } from './table.js';

/** Units of the drawing: a row, a panel, and what is between two. */
const [ROW, PANEL, GAP] = [20, 168, 18];
const [HEAD, FOOT, LETTER] = [24, 30, 13];
/** Letters of a name, and what the width of one is at the most, about. */
const [MOST_LETTERS, WIDE] = [30, 7];
const USUAL_ACROSS = 4;
const TITLE_LINE = 18;
/** Places of an axis's numbers, as parts of its length. */
const TICKS = [0, 0.5, 1];

/** A colour a kind of method, the same in every table; colour-blind readers tell them apart. */
const KINDS: Readonly<Record<string, string>> = { PS: 'ps', ACL: 'acl', Shown: 'shown' };

const STYLE = `
  .estimates { font-family: Arimo, Helvetica, Arial, sans-serif; font-size: ${LETTER}px; }
  .estimates .paper { fill: #ffffff; } .estimates .ink { fill: #2b2b2c; } .estimates .quiet { fill: #6b6e75; }
  .estimates .grid { stroke: #dcdcdd; }
  .estimates .plain { fill: #0072b2; stroke: #0072b2; } .estimates .ps { fill: #b87f00; stroke: #b87f00; }
  .estimates .acl { fill: #d55e00; stroke: #d55e00; } .estimates .shown { fill: #008060; stroke: #008060; }
  @media (prefers-color-scheme: dark) {
    .estimates .paper { fill: #16181c; } .estimates .ink { fill: #e8e9eb; } .estimates .quiet { fill: #a2a6ae; }
    .estimates .grid { stroke: #3a3d44; }
    .estimates .plain { fill: #62b8f0; stroke: #62b8f0; } .estimates .ps { fill: #f0b840; stroke: #f0b840; }
    .estimates .acl { fill: #ff9d5c; stroke: #ff9d5c; } .estimates .shown { fill: #4cc9a0; stroke: #4cc9a0; }
  }`;

/** A point with what its cell says of its uncertainty: the interval, else one standard deviation to each side. */
function spanOf({ cells }: TableRow, column: string): { mean: number; low: number; high: number } | undefined {
  const cell = cells[column];
  if (!cell) return undefined;
  const { mean, sd = 0, interval } = cell;
  return { mean, low: interval?.[0] ?? mean - sd, high: interval?.[1] ?? mean + sd };
}

const kindOf = (label: string): string => KINDS[label.split(/[ :]/)[0] ?? ''] ?? 'plain';

const percent = (share: number): string => (100 * share).toFixed(1);

/** Every method's estimate as a point with its interval, a row a method, a panel a metric, as SVG. Values are shares, printed as percent. */
export function tablePicture(
  table: ResultTable,
  { across = USUAL_ACROSS, title = table.title }: PictureLayout = {},
): string {
  const { rows } = table;
  const columns = measured(table);
  const labels = rows.map(({ label }) => shorten(inOneLine(label), MOST_LETTERS));
  const names = 24 + WIDE * Math.max(4, ...labels.map(({ length }) => length));
  const wide = Math.min(across, columns.length);
  const width = names + wide * (PANEL + GAP);
  const titleLines = wrap(title, Math.floor(width / 8.2));
  const top = titleLines.length > 0 ? 14 + titleLines.length * TITLE_LINE : 6;
  const tall = HEAD + rows.length * ROW + FOOT;
  const height = top + Math.ceil(columns.length / wide) * tall;
  const svg = (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      xmlns="http://www.w3.org/2000/svg"
      class="estimates"
      role="img"
    >
      <title>{title || table.title}</title>
      <style>{STYLE}</style>
      <rect class="paper" width={width} height={height} />
      {titleLines.map((line, l) => (
        <text class="ink" x={10} y={22 + l * TITLE_LINE} font-size={13.5} font-weight="bold">
          {line}
        </text>
      ))}
      {columns.map((column, c) => {
        const left = names + (c % wide) * (PANEL + GAP);
        const head = top + Math.floor(c / wide) * tall;
        const spans = rows.map((row) => spanOf(row, column));
        const all = spans.flatMap((span) => (span ? [span.low, span.high] : []));
        const [least, most] = all.length > 0 ? [Math.min(...all), Math.max(...all)] : [0, 1];
        const x = (value: number): number => left + (most > least ? (value - least) / (most - least) : 0.5) * PANEL;
        const bottom = head + HEAD + rows.length * ROW;
        return (
          <g>
            <text class="ink" x={left} y={head + 15} font-weight="bold">
              {inOneLine(column)}
            </text>
            {(most > least ? TICKS : [0.5]).map((part) => (
              <g>
                <line
                  class="grid"
                  x1={left + part * PANEL}
                  y1={head + HEAD}
                  x2={left + part * PANEL}
                  y2={bottom}
                  stroke-width={1}
                />
                <text
                  class="quiet"
                  x={left + part * PANEL}
                  y={bottom + 15}
                  text-anchor={part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}
                  font-size={11}
                >
                  {percent(most > least ? least + part * (most - least) : least)}
                </text>
              </g>
            ))}
            {rows.map(({ label }, r) => {
              const [y, span] = [head + HEAD + (r + 0.5) * ROW, spans[r]];
              return (
                <g>
                  {c % wide === 0 && (
                    <text class="ink" x={names - 10} y={y + 4.5} text-anchor="end">
                      {labels[r]}
                    </text>
                  )}
                  {span && (
                    <line class={kindOf(label)} x1={x(span.low)} y1={y} x2={x(span.high)} y2={y} stroke-width={2} />
                  )}
                  {span && <circle class={kindOf(label)} cx={x(span.mean)} cy={y} r={3.5} stroke="none" />}
                </g>
              );
            })}
          </g>
        );
      })}
    </svg>
  ) as JSX.Element;
  return withoutControls(renderToString(svg));
}
