import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { cachedPath, fetchDataset } from './fetch.js';
import type { DatasetSource } from './source.js';

/** A zip archive of one uncompressed member, byte by byte after the format's specification (checksums left zero). */
function zipOf(name: string, text: string): Buffer {
  const [path, body] = [Buffer.from(name), Buffer.from(text)];
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt32LE(body.length, 14);
  common.writeUInt32LE(body.length, 18);
  common.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, body]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, Buffer.alloc(14), path]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

const archive = zipOf('set/u.data', '1\t2\t3\t4\n');
const server = createServer((request, response) => {
  if (request.url === '/set.zip') response.writeHead(200, { 'content-length': archive.length }).end(archive);
  else response.writeHead(404).end();
});
const cache = testFolder();

function source(name: string, changes: Partial<NonNullable<DatasetSource['download']>> = {}): DatasetSource {
  const { port } = server.address() as AddressInfo;
  const md5 = createHash('md5').update(archive).digest('hex');
  const download = {
    url: `http://localhost:${port}/set.zip`,
    bytes: archive.length,
    md5,
    member: 'set/u.data',
    ...changes,
  };
  return { name, summary: '', facts: '', licence: '', download };
}

describe('fetching', () => {
  beforeAll(async () => {
    process.env['EXPOBENCH_CACHE'] = cache;
    await new Promise<void>((resolve) => server.listen(0, () => resolve()));
  });
  afterAll(() => {
    delete process.env['EXPOBENCH_CACHE'];
    server.close();
  });

  test('a changed archive, a lost one and one without the ratings are refused, and leave nothing', async () => {
    await expect(fetchDataset(source('x', { md5: 'f'.repeat(32) }), silent)).rejects.toThrow(
      /its MD5 is .*, expected f+: the file changed or was damaged\. If you have a copy, name its ratings instead/,
    );
    const { port } = server.address() as AddressInfo;
    const lost = source('x', { url: `http://localhost:${port}/lost.zip` });
    await expect(fetchDataset(lost, silent)).rejects.toThrow(/the server answered 404/);
    await expect(fetchDataset(source('x', { member: 'set/other' }), silent)).rejects.toThrow(/holds no set\/other/);
    expect(readdirSync(cache, { recursive: true })).toEqual(['set']);
  });

  test('two at once: the second is told who fetches it, and the first one has it whole', async () => {
    const set = source('x', { member: 'set/u.data' });
    const first = fetchDataset(set, silent);
    await expect(fetchDataset(set, silent)).rejects.toThrow(/u\.data" is being written by process \d+/);
    expect(readFileSync(await first, 'utf8')).toBe('1\t2\t3\t4\n');
    expect(readdirSync(cache, { recursive: true }).sort()).toEqual(['set', 'set/u.data']);
    rmSync(await first);
  });

  test('downloads, checks and unpacks into the cache, once', async () => {
    const set = source('x');
    const seen: number[] = [];
    const path = await fetchDataset(set, { ...silent, update: (done) => seen.push(done) });
    expect(path).toBe(cachedPath(set));
    expect(readFileSync(path, 'utf8')).toBe('1\t2\t3\t4\n');
    expect(seen.at(-1)).toBe(archive.length);
    expect(existsSync(`${path}.partial`)).toBe(false);
    server.close();
    expect(await fetchDataset(set, silent)).toBe(path);
  });
});
