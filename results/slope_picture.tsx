import type { JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { withoutControls } from '../support/names.js';

/** What the picture is of: methods with what clicks say of them and what they are worth, and what worth is read against. */
export interface Slopes {
  /** One sentence, above; printed columns have none. */
  readonly title?: string | undefined;
  /** Names of the two sides. */
  readonly sides: readonly [left: string, right: string];
  readonly methods: readonly { readonly label: string; readonly left: number; readonly right: number }[];
  /** Marks on the scale of the right side. */
  readonly anchors: readonly { readonly label: string; readonly value: number }[];
}

/** Units of the drawing, made for 390 pixels and for a column of 85 mm alike. */
const [ROW, LETTER] = [24, 13];
const LEFT = { label: 150, line: 158 };
const RIGHT = { line: 270, label: 278 };
const RULER = 436;
const MOST_LETTERS = 17;
/** Beside a value, in bold. */
const MOST_BESIDE = 14;
const WIDTH = 540;
const [TITLE_LETTERS, TITLE_LINE] = [62, 18];

/** Two strong colours that colour-blind readers tell apart: what clicks would deploy, and what is best in truth. */
const STYLE = `
  .slopes { font-family: Arimo, Helvetica, Arial, sans-serif; font-size: ${LETTER}px; }
  .slopes .paper { fill: #ffffff; } .slopes .ink { fill: #2b2b2c; } .slopes .quiet { fill: #6b6e75; }
  .slopes .line { stroke: #b9bcc2; fill: none; } .slopes .dot { fill: #b9bcc2; } .slopes .scale { stroke: #6b6e75; }
  .slopes .pick { fill: #b84a00; } .slopes .pick-line { stroke: #d55e00; }
  .slopes .best { fill: #00609a; } .slopes .best-line { stroke: #0072b2; }
  @media (prefers-color-scheme: dark) {
    .slopes .paper { fill: #16181c; } .slopes .ink { fill: #e8e9eb; } .slopes .quiet { fill: #a2a6ae; }
    .slopes .line { stroke: #545862; } .slopes .dot { fill: #545862; } .slopes .scale { stroke: #a2a6ae; }
    .slopes .pick { fill: #ff9d5c; } .slopes .pick-line { stroke: #ff9d5c; }
    .slopes .best { fill: #62b8f0; } .slopes .best-line { stroke: #62b8f0; }
  }`;

/**
 * Ranks by clicks on the left, by truth on the right, as SVG, a line a method. The pick of clicks and the best in truth are coloured, and a scale at
 * the edge says what their worth is worth. Values are shares, printed as percent.
 */
export function slopePicture({ title, sides, methods, anchors }: Slopes): string {
  const [byLeft, byRight] = [placesOf(methods.map(({ left }) => left)), placesOf(methods.map(({ right }) => right))];
  const [pick, best] = [byLeft.indexOf(0), byRight.indexOf(0)];
  const titleLines = wrap(title ?? '', TITLE_LETTERS);
  const head = 12 + titleLines.length * TITLE_LINE + 30;
  const rows = Math.max(methods.length, anchors.length + 2, 4);
  const height = head + rows * ROW + 10;
  const top = head + ROW / 2;
  const step = methods.length > 1 ? ((rows - 1) * ROW) / (methods.length - 1) : 0;
  const y = (place: number): number => top + place * step;
  const kindOf = (m: number): 'pick' | 'best' | undefined => (m === best ? 'best' : m === pick ? 'pick' : undefined);
  // What is coloured is drawn last.
  const order = methods
    .map((_, m) => m)
    .sort((a, b) => Number(kindOf(a) !== undefined) - Number(kindOf(b) !== undefined));
  const values = [...methods.map(({ right }) => right), ...anchors.map(({ value }) => value)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scale = (value: number): number => y(0) + (high > low ? (high - value) / (high - low) : 0.5) * (rows - 1) * ROW;
  const labels = spread(
    anchors.map(({ value }) => scale(value)),
    LETTER + 1,
  );
  const svg = (
    <svg
      width={WIDTH}
      height={height}
      viewBox={`0 0 ${WIDTH} ${height}`}
      xmlns="http://www.w3.org/2000/svg"
      class="slopes"
      role="img"
    >
      <title>{title ?? `${sides[0]} and ${sides[1]}`}</title>
      <style>{STYLE}</style>
      <rect class="paper" width={WIDTH} height={height} />
      {titleLines.map((line, l) => (
        <text class="ink" x={10} y={22 + l * TITLE_LINE} font-size={13.5} font-weight="bold">
          {line}
        </text>
      ))}
      <text class="quiet" x={LEFT.label} y={head - 12} text-anchor="end">
        {sides[0]}
      </text>
      <text class="quiet" x={RIGHT.label} y={head - 12}>
        {sides[1]}
      </text>
      <line class="scale" x1={RULER} y1={scale(high)} x2={RULER} y2={scale(low)} stroke-width={1} />
      {order.map((m) => {
        const { label: name, left, right } = methods[m] as (typeof methods)[number];
        const kind = kindOf(m);
        const label = shorten(name, kind ? MOST_BESIDE : MOST_LETTERS);
        const text = (value: number): string => (100 * value).toFixed(1);
        const [from, to] = [y(byLeft[m] as number), y(byRight[m] as number)];
        return (
          <g>
            <line
              class={kind ? `${kind}-line` : 'line'}
              x1={LEFT.line}
              y1={from}
              x2={RIGHT.line}
              y2={to}
              stroke-width={kind ? 3 : 1.5}
            />
            <text class={kind ?? 'quiet'} x={LEFT.label} y={from + 4.5} text-anchor="end" font-weight={kind && 'bold'}>
              {kind ? `${label}  ${text(left)}` : label}
            </text>
            <text class={kind ?? 'quiet'} x={RIGHT.label} y={to + 4.5} font-weight={kind && 'bold'}>
              {kind ? `${text(right)}  ${label}` : label}
            </text>
            <circle class={kind ?? 'dot'} cx={RULER} cy={scale(right)} r={kind ? 4 : 2.5} />
          </g>
        );
      })}
      {anchors.map(({ label, value }, a) => (
        <g>
          <line class="scale" x1={RULER - 4} y1={scale(value)} x2={RULER + 4} y2={scale(value)} stroke-width={1.5} />
          <text class="quiet" x={RULER + 9} y={(labels[a] as number) + 4} font-size={11}>
            {`${(100 * value).toFixed(1)} ${label}`}
          </text>
        </g>
      ))}
    </svg>
  ) as JSX.Element;
  return withoutControls(renderToString(svg));
}

/** What fits beside the lines. */
export const shorten = (label: string, most = MOST_LETTERS): string =>
  label.length <= most ? label : `${label.slice(0, most - 1).trimEnd()}\u2026`;

/** Place of each value, 0 for the largest; of equal ones the first comes first. */
function placesOf(values: readonly number[]): number[] {
  const order = values.map((_, m) => m).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
  return values.map((_, m) => order.indexOf(m));
}

/** Places moved apart until neighbours keep the distance, as little as that takes from the first on. */
export function spread(heights: readonly number[], distance: number): number[] {
  const order = heights.map((_, k) => k).sort((a, b) => (heights[a] as number) - (heights[b] as number));
  const out = [...heights];
  for (let k = 1; k < order.length; k++) {
    const [above, own] = [order[k - 1] as number, order[k] as number];
    out[own] = Math.max(out[own] as number, (out[above] as number) + distance);
  }
  return out;
}

/** Lines of at most so many letters, broken between words. */
export function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
