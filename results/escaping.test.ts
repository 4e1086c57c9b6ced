import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse as parseLatex } from '@unified-latex/unified-latex-util-parse';
import { parse as parseCsv } from 'csv-parse/sync';
import type { Nodes, Table } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { toString as textOf } from 'mdast-util-to-string';
import { gfmTable } from 'micromark-extension-gfm-table';
import { inOneLine } from '../support/names.js';
import { pngOf } from '../support/png.js';
import { summarize } from '../support/statistics.js';
import { testFolder } from '../support/test_folder.js';
import { diffTables } from './diff.js';
import { figurePicture } from './figure_picture.js';
import { markdownTableOf, markdownText } from './markdown.js';
import { readTables } from './read_tables.js';
import { shorten, slopePicture } from './slope_picture.js';
import { csvOf, jsonOf, latexOf, markdownOf, plainTable, type ResultTable, terminalTable } from './table.js';
import { tablePicture } from './table_picture.js';

/** Names that mean something in one format or another. */
const NAMES = [
  ...[
    'MF^2 ~ plain',
    '[ours] MF',
    ']MF[2]',
    '*ours',
    '** MF **',
    '* ',
    'C:\\new\\MF',
    'ends with \\',
    '\\\\',
    '\\|',
    'a\\*b',
  ],
  ...[
    'Pop | base',
    '||',
    '| --- |',
    '`code`',
    '``',
    '_a_ __b__ p_rel',
    '~~gone~~',
    '~',
    '<b>bold</b>',
    '<!-- ',
    '<img src=x onerror=y>',
  ],
  ...[
    '&amp; & &#60;',
    '[link](http://a.b)',
    '![i](x)',
    '[^1]',
    '# head',
    '1. one',
    '- dash',
    '+ plus',
    '> said',
    '---',
    '$x^2$ \\(y\\)',
    ':tada:',
  ],
  ...[
    '=SUM(1;2)',
    '+1',
    '-1',
    '-MF',
    '@user',
    '\t=1',
    '\r=1',
    '\n=1',
    '\uff1dA1',
    "'quoted'",
    '"quoted", with a comma',
    'a;b',
  ],
  ...[
    '100 % {of} #1_a & $5',
    '%',
    '{',
    '}',
    '}{',
    '\\end{tabular}',
    '\\input{/etc/passwd}',
    '^^M',
    "a''b ``c'' -- --- ,, ?` !` << >>",
  ],
  ...[
    'two\nlines',
    'two\r\nlines',
    'a\n\nb',
    'line\u2028sep',
    'tab\tbed',
    '\u0000nul',
    'bell\u0007',
    '\u001b[31mred',
    '\u0085',
    '\ufffe',
    '\ud800 half',
  ],
  ...[
    'été Größe Łódź',
    'Ðþ «q» ŋ',
    '中文',
    'Ελληνικά α = 0.1',
    '“quotes” – — … non\u2011breaking\u2010',
    '≤ ≥ × → ∞ ²',
    'e\u0301',
    '🙂👩‍💻',
    'עברית',
    '\u202eevil',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '0',
    '{name}',
    '{a|b}',
    '$&',
    "$'",
    'zr0-c1',
    ' class="zr1"',
    ' ',
  ],
];

const rows = NAMES.map((label, k) => {
  const cells = { 'hit@10': summarize([0.1 + k / 1000, 0.2]), 'a|b_c': summarize([-0.5, -0.25 - k]) };
  return { label, cells, values: {} };
});
const TABLE: ResultTable = {
  title: 'data | "x" <b> \n% & \\input{y}',
  note: 'A note of _this_ * and ~that~,\nin <i>two</i> lines.',
  columns: ['hit@10', 'a|b_c'],
  rows,
};
const folder = testFolder();

describe('Markdown', () => {
  const read = (text: string) =>
    fromMarkdown(text, { extensions: [gfmTable()], mdastExtensions: [gfmTableFromMarkdown()] });
  const inner = (node: Nodes): string[] => [
    node.type,
    ...('children' in node ? (node.children as Nodes[]).flatMap(inner) : []),
  ];
  /** As a reader of Markdown shows white space. */
  const shown = (name: string): string => inOneLine(name).trim();

  test('every name is one cell that says it, and nothing is markup but what is best', () => {
    const root = read(markdownOf(TABLE));
    const [table, intervals] = root.children.filter((node): node is Table => node.type === 'table');
    for (const one of [table, intervals]) {
      expect(one?.children.slice(1).map((row) => textOf(row.children[0]).trim())).toEqual(NAMES.map(shown));
      expect(one?.children.every((row) => row.children.length === 3)).toBe(true);
    }
    const labels = table?.children.slice(1).map((row) => row.children[0] as Nodes) ?? [];
    expect([...new Set(labels.flatMap(inner))].sort()).toEqual(['tableCell', 'text']);
    const others = root.children.filter((node) => node.type !== 'table');
    expect([...new Set(others.flatMap(inner))].sort()).toEqual(['heading', 'paragraph', 'text']);
    expect(textOf(others[0])).toBe(shown(TABLE.title));
    expect(textOf(others[1])).toBe(shown(TABLE.note));
    for (const note of NAMES.filter((name) => name.trim() !== '')) {
      const [, , paragraph] = read(markdownOf({ ...TABLE, rows: [], note })).children;
      expect([paragraph?.type, textOf(paragraph)]).toEqual(['paragraph', shown(note)]);
    }
  });

  test('tables of words, too; and words that mean nothing stay as they are', () => {
    const [table] = read(markdownTableOf([['name', '|'], ...NAMES.map((name) => [name, 'x'])])).children as [Table];
    expect(table.children.slice(1).map((row) => textOf(row.children[0]).trim())).toEqual(NAMES.map(shown));
    expect(markdownText('1 / (count / max)^0.5, p_exp at least 0.01')).toBe(
      '1 / (count / max)^0.5, p_exp at least 0.01',
    );
  });
});

describe('LaTeX', () => {
  const text = latexOf(TABLE);

  test('every name stands in a row of its own, with no command in it but those that print signs', () => {
    const tabular = parseLatex(text).content.find((node) => node.type === 'environment');
    const lines = text.split('\n');
    const body = lines.slice(lines.indexOf('\\midrule') + 1, lines.indexOf('\\bottomrule'));
    expect(body).toHaveLength(NAMES.length);
    for (const line of body) {
      expect(line.match(/(?<!\\)(?:\\\\)*&/g)).toHaveLength(2);
      expect(line).toMatch(/ \\\\$/);
      expect(line).not.toMatch(/^\s*[[*]/);
    }
    const macros = new Set(JSON.stringify(tabular).match(/"type":"macro","content":"[^"]*"/g));
    const allowed = new RegExp(
      `"(?:text[a-z]+|symbol|ensuremath|ldots|unicodechar|underline|toprule|midrule|bottomrule|${'alpha|eta|iota|kappa|lambda|nu|'}leq|geq|times|rightarrow|infty|[{}&%$#_\`^]|\\\\\\\\)"$`,
    );
    expect([...macros].filter((macro) => !allowed.test(macro))).toEqual([]);
    // What a name says stands behind a percent sign, or nowhere.
    expect(lines.filter((line) => !line.startsWith('%')).join('\n')).not.toMatch(/\\(?:input|end\{tabular\}.)/);
  });

  test('pdfTeX, XeTeX and Tectonic take it, where they are', () => {
    const place = join(folder, 'latex');
    mkdirSync(place);
    const rules = '\\newcommand{\\toprule}{\\hline}\\newcommand{\\midrule}{\\hline}\\newcommand{\\bottomrule}{\\hline}';
    const page = `\\documentclass{article}\n\\IfFileExists{booktabs.sty}{\\usepackage{booktabs}}{${rules}}\n\\begin{document}\n\\tiny\n`;
    // As many rows as a page has.
    const parts = [0, 40, 80].map((from) => latexOf({ ...TABLE, rows: rows.slice(from, from + 40) }));
    writeFileSync(join(place, 'table.tex'), `${page}${parts.join('\n\\newpage\n')}\\end{document}\n`);
    const flags = ['-interaction=nonstopmode', '-halt-on-error', '-no-shell-escape', 'table.tex'];
    for (const [program, words] of [
      ['pdflatex', flags],
      ['xelatex', flags],
      ['tectonic', ['table.tex']],
    ] as const) {
      if (spawnSync(program, ['--version']).error) continue;
      const { status, stdout } = spawnSync(program, words, { cwd: place, encoding: 'utf8' });
      expect([program, status, status === 0 ? '' : stdout.slice(-1500)]).toEqual([program, 0, '']);
    }
  });
});

describe('CSV', () => {
  const records = parseCsv(csvOf(TABLE)) as string[][];

  test('every name is read back, and none is a formula; negative numbers are numbers', () => {
    const labels = records.slice(1).map(([label]) => label);
    const bare = (text = ''): string => text.replace(/^'(?=[\s=+\-@\0\uff1d])/, '');
    expect(labels.map(bare)).toEqual(
      NAMES.flatMap((name) => [name, name]).map((name) => bare(Buffer.from(name).toString())),
    );
    for (const label of labels) expect(label).not.toMatch(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
    expect(records.filter(([, metric]) => metric === 'a|b_c').every(([, , , mean]) => Number(mean) < 0)).toBe(true);
    expect(records[2]?.[3]).toBe('-0.375');
  });

  test('a name of several lines stays in its record', () => {
    expect(records).toHaveLength(1 + 2 * NAMES.length);
    expect(records.every((record) => record.length === 10)).toBe(true);
  });
});

describe('pictures', () => {
  /** What an SVG says, as a reader of XML sees it. */
  const textsOf = (svg: string): string[] =>
    [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) =>
      text.replace(
        /&(lt|gt|quot|amp|#39|#039);/g,
        (_, name: string) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name] ?? "'",
      ),
    );

  test('a table shows every name beside its points, and is an image', async () => {
    const svg = tablePicture(TABLE);
    const texts = textsOf(svg);
    for (const name of NAMES.map(inOneLine).filter((text) => text.trim() !== ''))
      expect(texts).toContain(shorten(name, 30));
    expect((await pngOf(svg)).length).toBeGreaterThan(1000);
    // What draws keeps texts that it has measured.
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.keys(Object)).toEqual([]);
  });

  test('a figure does, too, and a slope chart', async () => {
    const points = [1, 2].map((x) => ({ x, n: 1, mean: x }));
    const series = NAMES.map((label) => ({ label, group: label, points }));
    const svg = figurePicture({
      title: '<b>\n"',
      note: '',
      across: 1,
      panels: [{ title: 'a\u0001', x: 'x', y: 'y', series }],
    });
    const texts = textsOf(svg);
    for (const name of NAMES.map(inOneLine).filter((text) => text.trim() !== '')) expect(texts).toContain(name);
    expect((await pngOf(svg)).length).toBeGreaterThan(1000);
    const methods = NAMES.map((label, k) => ({ label, left: k / 100, right: 1 - k / 100 }));
    const slopes = slopePicture({ sides: ['a', 'b\u0001'], methods, anchors: [{ label: '<&', value: 0.5 }] });
    expect((await pngOf(slopes)).length).toBeGreaterThan(1000);
  });
});

test('on a terminal every name is one line, and no code reaches it', () => {
  for (const text of [terminalTable(TABLE, false), plainTable([['a'], ...NAMES.map((name) => [name])])]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    const lines = text.split('\n');
    const first = lines.findIndex((line) => line.startsWith(inOneLine(NAMES[0] as string)));
    NAMES.forEach((name, n) => {
      expect(lines[first + n]?.startsWith(inOneLine(name).trimEnd())).toBe(true);
    });
  }
});

test('JSON is read back with every name as row and column', async () => {
  const cells = Object.fromEntries(NAMES.map((name) => [name, summarize([1, 2])]));
  const values = Object.fromEntries(NAMES.map((name) => [name, [1, 2]]));
  const path = join(folder, 'odd.json');
  const odd: ResultTable = {
    ...TABLE,
    columns: NAMES,
    rows: [
      { label: '__proto__', cells, values },
      { label: 'empty', cells: {} },
    ],
  };
  writeFileSync(path, JSON.stringify(jsonOf(odd)));
  const table = (await readTables(path)).tables.get('odd') as ResultTable;
  const written = JSON.parse(readFileSync(path, 'utf8')) as ResultTable;
  const [row, empty] = table.rows;
  for (const name of written.columns) {
    expect([name, row?.cells[name]?.mean, row?.values?.[name]]).toEqual([name, 1.5, [1, 2]]);
    // Nothing that every object has.
    expect([name, empty?.cells[name]]).toEqual([name, undefined]);
  }
});

test('a row that only one run has is told, whatever it is called', () => {
  const odd = ['__proto__', 'constructor', 'toString'];
  const run = (labels: readonly string[]) => ({
    name: String(labels.length),
    tables: new Map([['t', { ...TABLE, rows: [] }]]),
    manifest: { rows: Object.fromEntries(labels.map((label) => [label, { settings: { dim: 2 } }])) },
  });
  expect(diffTables(run([]), run(odd)).settings.map(({ path, before }) => [path, before])).toEqual(
    odd.map((label) => [`rows.${label}`, undefined]),
  );
});
