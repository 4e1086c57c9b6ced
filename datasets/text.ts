import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../support/errors.js';
import type { SourceFile } from './formats/format.js';

/** How the bytes of a file are to be read as text. */
export interface Encoding {
  /** A label that TextDecoder knows. */
  readonly encoding: string;
  /** Whether the file can be read as it lies there. */
  readonly isPlain: boolean;
  readonly notes: readonly string[];
  /** Text of the first bytes. */
  decode(start: Buffer): string;
}

/** What is not UTF-8 is taken as Windows-1252, of which Latin-1 is a part, and which anything can be. */
export const LATIN = 'windows-1252';

/** Finds out the encoding of a text by its mark or its bytes. Throws UserError where it is none that can be read. */
export function encodingOf(
  { start, shown }: Pick<SourceFile, 'start' | 'shown'>,
  wanted: string | undefined,
): Encoding {
  const hex = start.toString('hex', 0, 4);
  const mark = hex.startsWith('efbbbf')
    ? 'utf-8'
    : hex.startsWith('fffe')
      ? 'utf-16le'
      : hex.startsWith('feff')
        ? 'utf-16be'
        : undefined;
  if (wanted !== undefined) {
    const { encoding } = decoderOf(wanted);
    return encodingFrom(encoding, false, []);
  }
  if (hex === 'fffe0000' || hex === '0000feff')
    throw new UserError(`"${shown}" is in UTF-32, which is not read: save it as UTF-8`);
  if (mark !== undefined)
    return encodingFrom(mark, false, mark === 'utf-8' ? [] : [`read as ${mark.toUpperCase()}, by its mark`]);
  const head = start.subarray(0, 4096);
  if (head.includes(0)) {
    const zeros = (odd: number): number =>
      head.filter((byte, b) => byte === 0 && b % 2 === odd).length / (head.length / 2);
    const [even, odd] = [zeros(0), zeros(1)];
    if (Math.max(even, odd) < 0.3 || Math.min(even, odd) > 0.1)
      throw new UserError(
        `"${shown}" is not a table that can be read: it holds bytes that no text has. Give CSV, JSON lines, Parquet, Arrow, DuckDB or SQLite`,
      );
    const encoding = odd > even ? 'utf-16le' : 'utf-16be';
    return encodingFrom(encoding, false, [`read as ${encoding.toUpperCase()}, by its zero bytes`]);
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true });
    return encodingFrom('utf-8', true, []);
  } catch {
    return encodingFrom(LATIN, false, [notUtf8]);
  }
}

export const notUtf8 = 'read as Latin-1 (Windows-1252), since it is not UTF-8; --encoding says otherwise';

const encodingFrom = (encoding: string, isPlain: boolean, notes: readonly string[]): Encoding => ({
  ...{ encoding, isPlain, notes },
  decode: (start) => new TextDecoder(encoding).decode(start, { stream: true }),
});

function decoderOf(label: string): TextDecoder {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    throw new UserError(
      `--encoding "${label}" is not known: write such as utf-8, utf-16le, latin1, windows-1252, shift_jis or gb18030`,
    );
  }
}

/** What is evened out on the way to UTF-8. Lines keep their numbers. */
export interface Evening {
  /** What a line begins with that is a comment. */
  readonly comment?: string | undefined;
  /** Whether runs of blanks outside of quotes separate fields. */
  readonly blanks?: boolean;
  /** Whether the first line is a comment that holds the names. */
  readonly namesInComment?: boolean;
}

/** What a comment begins with, up to its text. */
export const COMMENT_MARK = /^\s*[%#]+[ \t]*/;

/** Writes a text as UTF-8 with plain line ends, comments emptied; returns the path. Throws UserError where it is not in that encoding. */
export async function asUtf8(
  { path, shown, scratch }: SourceFile,
  encoding: string,
  evening: Evening,
): Promise<string> {
  const out = join(scratch, 'text.utf8');
  const decoder = decoderOf(encoding);
  const decode = (chunk?: Buffer): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new UserError(`"${shown}" is not in ${encoding}, as was said: leave out --encoding, or give another`);
    }
  };
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    async function* (chunks: AsyncIterable<Buffer>) {
      let held = '';
      let isFirst = true;
      const even = (text: string): string => {
        const begun = isFirst && evening.namesInComment ? text.replace(COMMENT_MARK, '') : text;
        if (text !== '') isFirst = false;
        return evenLines(begun, evening);
      };
      for await (const chunk of chunks) {
        const text = held + decode(chunk);
        // A carriage return at the very end may belong to a line feed that comes with the next bytes.
        const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 2)) + 1;
        held = text.slice(end);
        yield even(text.slice(0, end));
      }
      yield even(held + decode());
    },
    createWriteStream(out),
  );
  return out;
}

/** Whole lines with plain ends, without comments and without blanks in plenty. */
export function evenLines(text: string, { comment, blanks }: Evening): string {
  const plain = text.replace(/\r\n?/g, '\n');
  if (comment === undefined && !blanks) return plain;
  return plain
    .split('\n')
    .map((line) => {
      if (comment !== undefined && line.trimStart().startsWith(comment)) return '';
      return blanks ? evenBlanks(line) : line;
    })
    .join('\n');
}

/** One blank where there are several, none at the ends; what stands in quotes stays. */
const evenBlanks = (line: string): string =>
  line.trim().replace(/"(?:[^"]|"")*"|[ \t]+/g, (part) => (part[0] === '"' ? part : ' '));

/** How records are told apart in a text. */
export interface RecordRules {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
}

const [LF, CR] = [10, 13];

/**
 * The line, from 1, on which a record begins: a field in quotes may go on over several lines, and empty lines are no records. Reads the file
 * as far as that.
 */
export async function lineOfRecord(
  path: string,
  record: number,
  { delimiter, quote, escape: escaping }: RecordRules,
): Promise<number> {
  const [quoteCode, escapeCode, before] = [
    quote.charCodeAt(0),
    escaping.charCodeAt(0),
    delimiter.charCodeAt(delimiter.length - 1),
  ];
  let [line, seen] = [1, 0];
  let [begun, quoted, escaped, fieldStart, wasCR, wasQuote] = [false, false, false, true, false, false];
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      const isEnd = byte === LF || byte === CR;
      const isSecond = byte === LF && wasCR;
      wasCR = byte === CR;
      if (!begun && !isEnd) {
        begun = true;
        if (++seen === record) return line;
      }
      if (isEnd) {
        if (isSecond) continue;
        line++;
        if (!quoted) [begun, fieldStart] = [false, true];
      } else if (quoted) {
        if (escaped) escaped = false;
        else if (byte === escapeCode && escapeCode !== quoteCode) escaped = true;
        else if (byte === quoteCode) quoted = false;
      } else {
        // A quote that follows the end of a quoted field is a doubled one, and the field goes on.
        if (byte === quoteCode && (fieldStart || wasQuote)) quoted = true;
        fieldStart = byte === before || (fieldStart && byte === 32);
      }
      wasQuote = byte === quoteCode && !quoted;
    }
  }
  return line;
}
