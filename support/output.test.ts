import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { OutputFolder, writeFolder, writeWhole } from './output.js';
import { discardPending } from './pending.js';
import { testFolder } from './test_folder.js';

const root = testFolder();
const place = (): string => join(mkdtempSync(join(root, 'x')), 'out');

describe('a result folder', () => {
  test('appears when it is complete, and not before', async () => {
    const path = place();
    await writeFolder(path, {}, async (folder) => {
      folder.write('deep/a.txt', 'a');
      expect(existsSync(path)).toBe(false);
    });
    expect(readFileSync(join(path, 'deep/a.txt'), 'utf8')).toBe('a');
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  test('leaves nothing behind when its writing fails', async () => {
    const path = place();
    const failing = writeFolder(path, {}, async (folder) => {
      folder.write('a.txt', 'a');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(path) || existsSync(`${path}.partial`)).toBe(false);
  });

  test('never replaces another without being told', async () => {
    const path = place();
    await writeFolder(path, {}, async (folder) => folder.write('old', ''));
    expect(() => new OutputFolder(path)).toThrow(/exists: name another folder, or add --overwrite/);
    await writeFolder(path, { overwrite: true }, async (folder) => folder.write('new', ''));
    expect([existsSync(join(path, 'old')), existsSync(join(path, 'new'))]).toEqual([false, true]);
  });

  test('keeps the old one when replacing it fails', async () => {
    const path = place();
    await writeFolder(path, {}, async (folder) => folder.write('old', ''));
    const failing = writeFolder(path, { overwrite: true }, async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(join(path, 'old'))).toBe(true);
  });

  test('is not made over a file', () => {
    const path = place();
    writeFileSync(path, '');
    expect(() => new OutputFolder(path, { overwrite: true })).toThrow(/is not a folder/);
  });

  test('hashes its files by their path within it', async () => {
    const folder = new OutputFolder(place());
    folder.write('b/x', 'abc');
    expect(await folder.hashes()).toEqual({
      'b/x': 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    folder.discard();
  });

  test('a second writer is told of the first one, and nothing of it is lost', async () => {
    const path = place();
    const first = new OutputFolder(path);
    first.write('a', '');
    for (const options of [{}, { overwrite: true }, { resume: true }])
      expect(() => new OutputFolder(path, options)).toThrow(/is being written by process \d+ on .* since/);
    first.commit();
    expect(readdirSync(dirname(path))).toEqual(['out']);
  });
});

describe('--overwrite', () => {
  test("replaces what carries a manifest of ours, complete or not, and nothing of the user's", async () => {
    const strangers: Record<string, string>[] = [
      { 'thesis.tex': 'years' },
      { 'manifest.json': '{"name":"an extension of a browser"}' },
      { 'manifest.json': '{"kind":"run","suite":"mine"}' },
      { 'manifest.json': '{"kind":' },
      { 'manifest.json': 'null' },
    ];
    for (const files of strangers) {
      for (const ending of ['', '.partial', '.replaced']) {
        const path = place();
        mkdirSync(`${path}${ending}`);
        for (const [name, text] of Object.entries(files)) writeFileSync(join(`${path}${ending}`, name), text);
        for (const options of [{ overwrite: true }, { overwrite: true, resume: true }, {}])
          expect(() => new OutputFolder(path, options)).toThrow(/not|exists/);
        expect(readdirSync(`${path}${ending}`)).toEqual(Object.keys(files));
        expect(readdirSync(dirname(path))).toEqual([`out${ending}`]);
      }
    }
    const ours = place();
    mkdirSync(ours);
    writeFileSync(join(ours, 'manifest.json'), '{"kind":"run","program":{"name":"expobench","version":"0.5.0"}}');
    await writeFolder(ours, { overwrite: true }, async (folder) => folder.write('new', ''));
    expect(readdirSync(ours).sort()).toEqual(['manifest.json', 'new']);
  });

  test('replaces no input, nor what holds one, however it is called', async () => {
    const path = place();
    await writeFolder(path, {}, async (folder) => folder.write('deep/data.zip', ''));
    const link = `${path}-link`;
    symlinkSync(path, link);
    const inputs = [path, `${path}/`, `${path}/../out`, join(path, 'deep'), link, join(link, 'deep/data.zip')];
    for (const input of [...inputs, join(path, 'deep/data.zip/member.dat'), relative('.', path)]) {
      for (const out of [path, `${path}/`, `${path}/../out`, link, relative('.', path)])
        expect(() => new OutputFolder(out, { overwrite: true, inputs: [input] })).toThrow(
          /is or holds ".*", which is read/,
        );
    }
    const partial = place();
    mkdirSync(`${partial}.partial`);
    expect(() => new OutputFolder(partial, { inputs: [`${partial}.partial`] })).toThrow(/which is read/);
    // The name of a data set is no file.
    await writeFolder(path, { overwrite: true, inputs: ['planted', join(path, 'no/such')] }, async () => {});
  });

  test('replaces neither the root, the home, the working directory nor what holds one of them', async () => {
    const before = process.cwd();
    const path = place();
    await writeFolder(path, {}, async (folder) => folder.write('deep/a', ''));
    process.chdir(join(path, 'deep'));
    try {
      for (const out of ['..', '.', path, '/', homedir(), dirname(homedir())])
        expect(() => new OutputFolder(out, { overwrite: true })).toThrow(
          /is the working directory, the home directory/,
        );
    } finally {
      process.chdir(before);
    }
    expect(existsSync(join(path, 'deep', 'a'))).toBe(true);
  });

  test('killed while it replaces, leaves the old one or the new one, and the next start heals it', async () => {
    const made = async (path: string, name: string) => writeFolder(path, {}, async (folder) => folder.write(name, ''));
    // Moved aside, and nothing in its place yet.
    const early = place();
    await made(`${early}.replaced`, 'old');
    expect(() => new OutputFolder(early)).toThrow(/exists: name another folder/);
    expect(readdirSync(early)).toContain('old');
    // In its place, and the old one half removed.
    const late = place();
    await made(late, 'new');
    await made(`${late}.replaced`, 'old');
    rmSync(join(`${late}.replaced`, 'old'));
    expect(() => new OutputFolder(late)).toThrow(/exists/);
    expect(readdirSync(dirname(late))).toEqual(['out']);
    // A link leads to the folder that is replaced, and goes on to.
    symlinkSync(late, `${late}-link`);
    await writeFolder(`${late}-link`, { overwrite: true }, async (folder) => folder.write('newest', ''));
    expect(readdirSync(`${late}-link/`).sort()).toEqual(['manifest.json', 'newest']);
    expect(readdirSync(dirname(late)).sort()).toEqual(['out', 'out-link']);
  });
});

test('a page takes the place of a page of ours, and of nothing else', () => {
  const page = (title: string): string => `<!doctype html>${'<meta charset="utf-8">'.repeat(20)}<title>${title}`;
  const path = place();
  writeWhole(path, page('one'));
  writeWhole(path, page('two'));
  expect(readFileSync(path, 'utf8')).toBe(page('two'));
  expect(readdirSync(dirname(path))).toEqual(['out']);
  for (const other of ['thesis', '', '<!doctype html><title>my own', '<svg width="1">']) {
    writeFileSync(path, other);
    expect(() => writeWhole(path, page('three'))).toThrow(/exists and is not a page made by expobench/);
    expect(readFileSync(path, 'utf8')).toBe(other);
  }
  writeFileSync(path, 'thesis');
  expect(() => writeWhole(path, '<svg width="22">')).toThrow(/is not a picture made by expobench/);
  expect(() => writeWhole(dirname(path), page('four'))).toThrow(/exists and is not a page/);
});

describe('what a stopped run left', () => {
  const mine = { kind: 'a simulation', run: 'mine' };
  const stop = (path: string, identity: typeof mine): void => {
    const folder = new OutputFolder(path, { resume: true });
    folder.claim(identity);
    folder.write('part', 'done');
    writeFileSync(folder.state('checkpoint.json'), '{}');
    folder.leave();
  };
  const goOn = (path: string): string[] => {
    const folder = new OutputFolder(path, { resume: true });
    folder.claim(mine);
    const found = [...readdirSync(folder.partial), ...readdirSync(join(folder.partial, '.expobench'))];
    folder.commit();
    return found.filter((name) => !name.startsWith('.') && name !== 'run.json').sort();
  };

  test('is gone on with by this very run, and does not stay in the folder', () => {
    const path = place();
    stop(path, mine);
    expect(goOn(path)).toEqual(['checkpoint.json', 'part']);
    expect(readdirSync(path).sort()).toEqual(['manifest.json', 'part']);
  });

  test('is removed where it is of another run of the kind, or says nothing', () => {
    const path = place();
    stop(path, { ...mine, run: 'another' });
    expect(goOn(path)).toEqual([]);
    const torn = place();
    stop(torn, mine);
    writeFileSync(join(`${torn}.partial`, '.expobench', 'run.json'), '{"kind":"a sim');
    expect(goOn(torn)).toEqual([]);
  });

  test('is refused, and stays, where it is of another kind', () => {
    const path = place();
    stop(path, { ...mine, kind: 'a sweep' });
    const mistake = /holds what a sweep left when it was stopped/;
    expect(() => goOn(path)).toThrow(mistake);
    // As the program ends after a mistake.
    discardPending();
    expect(readFileSync(join(`${path}.partial`, 'part'), 'utf8')).toBe('done');
  });

  test('is not thrown away by a run that does not go on from it', async () => {
    const path = place();
    stop(path, mine);
    await expect(writeFolder(path, {}, async () => {})).rejects.toThrow(/what a simulation left when it was stopped/);
    await writeFolder(path, { overwrite: true }, async () => {});
    expect(readdirSync(path)).toEqual(['manifest.json']);
  });
});
