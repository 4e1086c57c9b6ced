import { UserError } from '../../support/errors.js';

/** A kind of file that is not read: how it is known, and what to do instead. */
interface Foreign {
  readonly name: string;
  /** Looks at the first bytes, in hexadecimal digits. */
  readonly bytes?: RegExp;
  /** Looks at how a text begins. */
  readonly begins?: RegExp;
  /** Looks at the names of what is in a zip archive. */
  readonly holds?: (members: readonly string[]) => boolean;
  readonly instead: string;
}

const TABLE = 'save the sheet as CSV';
const UNPACK = 'unpack it, and name the file of ratings';
const PANDAS = 'in pandas: .to_parquet("ratings.parquet")';
const NUMPY = 'write user, item and rating as CSV, such as numpy.savetxt("ratings.csv", rows, "%d,%d,%g")';
const ends = (members: readonly string[], ending: RegExp): boolean =>
  members.length > 0 && members.every((member) => ending.test(member));

const FOREIGN: readonly Foreign[] = [
  {
    name: 'an Excel workbook',
    bytes: /^d0cf11e0/,
    holds: (members) => members.some((member) => /^xl\//.test(member)) && members.includes('[Content_Types].xml'),
    instead: TABLE,
  },
  {
    name: 'an OpenDocument file',
    holds: (members) => members.includes('content.xml') && members.includes('mimetype'),
    instead: TABLE,
  },
  { name: 'a NumPy array', bytes: /^934e554d5059/, holds: (members) => ends(members, /\.npy$/), instead: NUMPY },
  {
    name: 'a file of PyTorch',
    holds: (members) => members.some((member) => /(^|\/)data\.pkl$/.test(member)),
    instead: 'write user, item and rating as CSV',
  },
  {
    // Protocols 2 to 5; it can run code when it is read.
    name: "a pickle of Python's",
    bytes: /^800[2-5]/,
    instead: PANDAS,
  },
  { name: 'an HDF5 file', bytes: /^89484446/, instead: PANDAS },
  {
    name: 'a file of MATLAB',
    begins: /^MATLAB \d\.\d MAT-file/,
    instead: 'in MATLAB: writematrix(ratings, "ratings.csv")',
  },
  {
    name: 'a file of R',
    bytes: /^(5244(58|41)3[23]0a|580a00|410a3[23]0a)/,
    instead: 'in R: write.csv(ratings, "ratings.csv")',
  },
  // Its first stripe begins behind three letters, with bytes that no text has.
  { name: 'an ORC file', bytes: /^4f5243(..){0,8}(0[0-8]|1[0-9a-f])/, instead: PANDAS },
  { name: 'an Avro file', bytes: /^4f626a01/, instead: PANDAS },
  // Versions before 13 begin with their number, the order of bytes and a one.
  { name: 'a file of Stata', bytes: /^(3c73746174615f6474613e|(6c|6e|6f|71|72|73)0[12]01)/, instead: PANDAS },
  { name: 'a tar archive', bytes: /^.{514}7573746172/, instead: UNPACK },
  { name: 'packed with bzip2', begins: /^BZh[1-9]1AY&SY/, instead: UNPACK },
  { name: 'packed with xz', bytes: /^fd377a585a00/, instead: UNPACK },
  { name: 'packed with zstd', bytes: /^28b52ffd/, instead: UNPACK },
  { name: 'packed with lz4', bytes: /^04224d18/, instead: UNPACK },
  { name: 'a 7z archive', bytes: /^377abcaf271c/, instead: UNPACK },
  { name: 'a RAR archive', bytes: /^526172211a07/, instead: UNPACK },
  { name: 'a PDF', begins: /^%PDF-/, instead: 'get the ratings as CSV' },
  {
    name: 'a web page',
    begins: /^\ufeff?\s*<(!doctype html|html|table)\b/i,
    instead: 'get the file itself, as a browser that is signed in does',
  },
  { name: 'an XML document', begins: /^\ufeff?<\?xml\b/, instead: 'write its ratings as CSV' },
  {
    name: 'what Git LFS leaves in the place of a file',
    begins: /^version https:\/\/git-lfs\./,
    instead: 'get the file itself with "git lfs pull"',
  },
];

/** Most bytes that tell what a file is. */
const TELLING = 512;

const refuse = (shown: string, { name, instead }: Foreign): never => {
  throw new UserError(`"${shown}" is ${name}, which is not read: ${instead}`);
};

/** Throws UserError where a file, by its first bytes, is of a kind that is not read. */
export function refuseForeign(shown: string, start: Buffer): void {
  const hex = start.toString('hex', 0, TELLING);
  const text = start.toString('utf8', 0, TELLING);
  const foreign = FOREIGN.find(({ bytes, begins }) => bytes?.test(hex) || begins?.test(text));
  if (foreign) refuse(shown, foreign);
}

/** Throws UserError where a zip archive is a file of a program, and not one of data. */
export function refuseForeignArchive(shown: string, members: readonly string[]): void {
  const foreign = FOREIGN.find(({ holds }) => holds?.(members));
  if (foreign) refuse(shown, foreign);
}
