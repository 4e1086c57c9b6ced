import type { JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { withoutControls } from '../support/names.js';
import { shorten, spread, wrap } from './slope_picture.js';

/** What methods are worth, with intervals, and what worth is read against. */
export interface Values {
  /** One sentence, above; printed columns have none. */
  readonly title?: string | undefined;
  /** What the axis is of. */
  readonly axis: string;
  readonly methods: readonly {
    readonly label: string;
    readonly mean: number;
    readonly low?: number | undefined;
    readonly high?: number | undefined;
    /** What clicks would deploy, and what is best in truth. */
    readonly role?: 'pick' | 'best' | undefined;
  }[];
  /** Lines across. */
  readonly anchors: readonly { readonly label: string; readonly value: number }[];
}

/** Units of the drawing, made for 390 pixels and for a column of 85 mm alike. */
const [ROW, LETTER, WIDTH] = [24, 13, 500];
const PLOT = { left: 134, right: 452 };
const [TITLE_LETTERS, TITLE_LINE] = [58, 18];
/** What a letter of the small labels needs. */
const SMALL = 6;

/** The colours of the picture of ranks. */
const STYLE = `
  .values { font-family: Arimo, Helvetica, Arial, sans-serif; font-size: ${LETTER}px; }
  .values .paper { fill: #ffffff; } .values .ink { fill: #2b2b2c; } .values .quiet { fill: #6b6e75; }
  .values .line { stroke: #6b6e75; } .values .dot { fill: #6b6e75; }
  .values .over { stroke: #ffffff; stroke-width: 4px; paint-order: stroke; } .values .anchor { stroke: #b9bcc2; }
  .values .pick { fill: #b84a00; } .values .pick-line { stroke: #d55e00; }
  .values .best { fill: #00609a; } .values .best-line { stroke: #0072b2; }
  @media (prefers-color-scheme: dark) {
    .values .over { stroke: #16181c; }
    .values .paper { fill: #16181c; } .values .ink { fill: #e8e9eb; } .values .quiet { fill: #a2a6ae; }
    .values .line { stroke: #a2a6ae; } .values .dot { fill: #a2a6ae; } .values .anchor { stroke: #545862; }
    .values .pick { fill: #ff9d5c; } .values .pick-line { stroke: #ff9d5c; }
    .values .best { fill: #62b8f0; } .values .best-line { stroke: #62b8f0; }
  }`;

/** Values from best to worst as points with their intervals, the anchors as lines across them, as SVG. Values are shares, printed as percent. */
export function valuePicture({ title, axis, methods, anchors }: Values): string {
  const order = methods.toSorted((a, b) => b.mean - a.mean);
  const titleLines = wrap(title ?? '', TITLE_LETTERS);
  const all = [
    ...anchors.map(({ value }) => value),
    ...methods.flatMap(({ mean, low = mean, high = mean }) => [low, mean, high]),
  ];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const x = (value: number): number =>
    PLOT.left + (most > least ? (value - least) / (most - least) : 0.5) * (PLOT.right - PLOT.left);
  // Labels of anchors that lie close stand one above the other, each wide as its text.
  const sorted = anchors.toSorted((a, b) => a.value - b.value);
  const names = sorted.map(({ label, value }) => `${label} ${percent(value)}`);
  const widest = Math.max(0, ...names.map((name) => name.length * SMALL + 10));
  const isCrowded = sorted.some(
    ({ value }, a) => a > 0 && x(value) - x((sorted[a - 1] as (typeof sorted)[number]).value) < widest,
  );
  const level = (a: number): number => (isCrowded ? a % 2 : 0);
  const places = [0, 1].map((l) =>
    spread(
      sorted.map(({ value }) => x(value)).filter((_, a) => level(a) === l),
      widest,
    ),
  );
  const labelAt = (a: number): number =>
    Math.min(WIDTH - widest / 2, places[level(a)]?.[isCrowded ? Math.floor(a / 2) : a] as number);
  const head = 12 + titleLines.length * TITLE_LINE + (isCrowded ? 40 : 24);
  const bottom = head + order.length * ROW;
  const height = bottom + 40;
  const svg = (
    <svg
      width={WIDTH}
      height={height}
      viewBox={`0 0 ${WIDTH} ${height}`}
      xmlns="http://www.w3.org/2000/svg"
      class="values"
      role="img"
    >
      <title>{title ?? axis}</title>
      <style>{STYLE}</style>
      <rect class="paper" width={WIDTH} height={height} />
      {titleLines.map((line, l) => (
        <text class="ink" x={10} y={22 + l * TITLE_LINE} font-size={13.5} font-weight="bold">
          {line}
        </text>
      ))}
      {sorted.map(({ value }, a) => (
        <g>
          <line
            class="anchor"
            x1={x(value)}
            y1={head - 4}
            x2={x(value)}
            y2={bottom + 4}
            stroke-width={1.5}
            stroke-dasharray="4 3"
          />
          <text
            class="quiet"
            x={labelAt(a)}
            y={head - 9 - (isCrowded && level(a) === 0 ? 16 : 0)}
            text-anchor="middle"
            font-size={11}
          >
            {names[a]}
          </text>
        </g>
      ))}
      {order.map(({ label, mean, low, high, role }, m) => {
        const y = head + (m + 0.5) * ROW;
        return (
          <g>
            <text class={role ?? 'quiet'} x={PLOT.left - 12} y={y + 4.5} text-anchor="end" font-weight={role && 'bold'}>
              {shorten(label)}
            </text>
            {low !== undefined && high !== undefined && (
              <line
                class={role ? `${role}-line` : 'line'}
                x1={x(low)}
                y1={y}
                x2={x(high)}
                y2={y}
                stroke-width={role ? 3 : 2}
              />
            )}
            <circle class={role ?? 'dot'} cx={x(mean)} cy={y} r={role ? 5 : 3.5} />
            <text
              class={`over ${role ?? 'quiet'}`}
              x={Math.max(x(mean), x(high ?? mean)) + 9}
              y={y + 4.5}
              font-weight={role && 'bold'}
            >
              {percent(mean)}
            </text>
          </g>
        );
      })}
      <text class="quiet" x={(PLOT.left + PLOT.right) / 2} y={bottom + 26} text-anchor="middle" font-size={11}>
        {axis}
      </text>
    </svg>
  ) as JSX.Element;
  return withoutControls(renderToString(svg));
}

const percent = (share: number): string => (100 * share).toFixed(1);
