import { markdownTable } from 'markdown-table';
import { inOneLine } from '../support/names.js';

/**
 * A user's words for Markdown as GitHub reads it, in one line: what would be markup, a border of a table, HTML, mathematics or the name of a
 * picture is shown as it stands.
 */
export function markdownText(text: string): string {
  return inOneLine(text)
    .replace(/[\\`*[\]<>|~&$#]/g, '\\$&')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
    .replace(/:(?=[\w+-]+:)/g, '\\:');
}

/** The same as a paragraph, which begins no list and draws no line. */
export const markdownParagraph = (text: string): string =>
  markdownText(text)
    .replace(/^\s*(?=[-+=])/, '\\')
    .replace(/^(\s*\d+)(?=[.)](?:\s|$))/, '$1\\');

/** A table of words, the first row its head. They are shown as they stand. */
export function markdownTableOf(rows: readonly (readonly string[])[]): string {
  return markdownTable(rows.map((row) => row.map(markdownText)));
}
