/**
 * Puts into dist/vendor what we need of libraries that are large for what we use of them, so that whoever installs this program does not install
 * them: the parts of ECharts that draw our pictures, what writes them as PDF, and of sql.js the one build that we load. Their licences go with them.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);

/**
 * Keeps what ECharts has measured of a text under the text itself, "__proto__" among them: in its plain object that would be the prototype of all
 * objects, in which it would then write.
 */
const namesAreKeys = {
  name: 'names are keys',
  setup({ onLoad }) {
    onLoad({ filter: /zrender[\\/]lib[\\/]core[\\/]LRU\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replaceAll('this._map = {};', 'this._map = Object.create(null);');
      if (contents === source)
        throw new Error(`${path} keeps its entries otherwise now: see whether this is still needed`);
      return { contents };
    });
  },
};

/** Fonts in WOFF2 are none of ours, and what unpacks them is half of the file. */
const withoutBrotli = {
  name: 'without Brotli',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^brotli\// }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'export default undefined;' }));
  },
};

/** Writes the folder. `root` is the project's. */
export async function writeVendor(root) {
  const folder = join(root, 'dist/vendor');
  mkdirSync(folder, { recursive: true });
  const bundle = (from, to) =>
    build({
      entryPoints: [join(root, 'support', from)],
      outfile: join(folder, to),
      absWorkingDir: root,
      alias: { pdfkit: require.resolve('pdfkit') }, // its ES module looks for files beside itself
      bundle: true,
      minify: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      define: { 'process.env.NODE_ENV': '"production"' },
      legalComments: 'none', // said in full in the file of licences
      metafile: true,
      plugins: [namesAreKeys, withoutBrotli],
      logLevel: 'warning',
    });
  const made = [await bundle('echarts.ts', 'echarts.cjs'), await bundle('pdf_library.ts', 'pdf.cjs')];
  const sql = dirname(require.resolve('sql.js'));
  copyFileSync(join(sql, 'sql-wasm.js'), join(folder, 'sql-wasm.cjs'));
  copyFileSync(join(sql, 'sql-wasm.wasm'), join(folder, 'sql-wasm.wasm'));
  const bundled = made
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const packages = [...new Set(bundled)]
    .map((path) => join(root, path))
    .concat(dirname(sql))
    .sort();
  writeFileSync(join(folder, 'LICENSES.txt'), [...new Set(packages.map(noticeOf))].join('\n'));
}

/** Name, version and all that a package says of its licence. Fails where it says nothing. */
function noticeOf(folder) {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying)/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).includes('node_modules'))
    .sort();
  if (files.length === 0 && !(license && author))
    throw new Error(`${folder} has no licence to go with what is bundled of it`);
  const texts = files.map((path) => readFileSync(path, 'utf8').trim());
  if (files.length === 0)
    texts.push(
      `By ${author.name ?? author}, ${repository?.url ?? repository ?? ''}; the package names its licence and has no text of it.`,
    );
  return [`${'='.repeat(20)} ${name} ${version} (${license})`, ...texts, ''].join('\n\n');
}
