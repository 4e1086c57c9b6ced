import { readFileSync } from 'node:fs';
import type { ComponentChildren, JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { withoutControls } from '../../support/names.js';
import { withInnerNames } from '../../support/picture.js';

const asset = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Nothing may be loaded from anywhere. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** One self-contained page: style and script are in it, and it asks no network for anything. */
export function pageOf(title: string, body: JSX.Element): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content={POLICY} />
        <link rel="icon" href="data:," />
        <title>{title}</title>
        <Raw tag="style" text={asset('style.css')} />
      </head>
      <body>
        {body}
        <Raw tag="script" text={asset('browser.js')} />
      </body>
    </html>
  );
  return `<!doctype html>\n${withoutControls(renderToString(page))}\n`;
}

/** Text that is markup, style or script already: our own files and our own pictures, never a user's words. */
function Raw({ tag: Tag, text }: { tag: 'style' | 'script' | 'div'; text: string }): JSX.Element {
  return <Tag dangerouslySetInnerHTML={{ __html: text }} />;
}

/** A part of the page that the navigation leads to. */
export function Section(props: { id: string; title: string; children: ComponentChildren }): JSX.Element {
  return (
    <section id={props.id} aria-labelledby={`${props.id}-title`}>
      <h2 id={`${props.id}-title`}>{props.title}</h2>
      {props.children}
    </section>
  );
}

/** What is wide scrolls by itself, by keyboard too; the page never does. */
export function Wide(props: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a region of a section that scrolls is no section of its own
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll
    <div class="wide" role="region" aria-label={props.label} tabIndex={0}>
      {props.children}
    </div>
  );
}

/** A cell of a table: its text, or what it shows with what sorts it. */
export type Cell = string | { readonly show: ComponentChildren; readonly sort?: number | string | undefined };

/** A table that its heads sort. The first column names the rows. */
export function SortableTable(props: {
  title: string;
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** The first column of numbers: they stand to the right, and are sorted from the largest first. */
  numbersFrom?: number;
  /** Whether the smallest is best, and sorted first. */
  ascending?: boolean;
  filter?: boolean;
  /** Whether, where there is no room for columns, each row is a list of them. */
  stacked?: boolean;
  /** Rows to read the others against, which are not sorted. */
  foot?: readonly (readonly Cell[])[];
}): JSX.Element {
  const {
    title,
    head,
    rows,
    foot = [],
    numbersFrom = head.length,
    ascending = false,
    filter = false,
    stacked = false,
  } = props;
  const kind = (column: number): string | undefined => (column >= numbersFrom ? 'number' : undefined);
  const line = (cells: readonly Cell[], row: number): JSX.Element => (
    <tr key={row}>
      {cells.map((cell, column) => {
        const [show, sort] = typeof cell === 'string' ? [cell, undefined] : [cell.show, cell.sort];
        return column === 0 ? (
          <th key={column} scope="row" data-sort={sort}>
            {show}
          </th>
        ) : (
          <td key={column} class={kind(column)} data-sort={sort} data-column={stacked ? head[column] : undefined}>
            {show}
          </td>
        );
      })}
    </tr>
  );
  return (
    <>
      <h3>{title}</h3>
      {filter && (
        <label class="filter">
          Filter <input type="search" placeholder="part of a row" />
        </label>
      )}
      <Wide label={title}>
        <table class={stacked ? 'sortable stacked' : 'sortable'} aria-label={title}>
          <thead>
            <tr>
              {head.map((name, column) => (
                <th key={column} scope="col" class={kind(column)} data-descending={kind(column) && !ascending}>
                  <button type="button">{name === '' ? 'row' : name}</button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{rows.map(line)}</tbody>
          {foot.length > 0 && <tfoot>{foot.map(line)}</tfoot>}
        </table>
      </Wide>
    </>
  );
}

/** A drawing of ours in the page; `name` keeps its inner names apart from those of other drawings. */
export function Picture(props: { svg: string; name: string; title: string; note?: string }): JSX.Element {
  const { svg, name, title, note } = props;
  const label = title.replace(/[&<"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const text = withInnerNames(svg, name).replace(
    /<svg width="(\d+)" height="(\d+)"/,
    (_, width: string) => `<svg role="img" aria-label="${label}" style="max-width:${width}px"`,
  );
  return (
    <figure>
      <Wide label={title}>
        <Raw tag="div" text={text} />
      </Wide>
      {note && <figcaption>{note}</figcaption>}
    </figure>
  );
}
