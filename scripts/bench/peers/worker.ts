/** `node worker.js JOB FOLDER`: runs a job of ours on the data in a folder and prints the seconds of CPU that it took. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UserItems } from '../../../datasets/interactions.js';
import { peerJobs } from './registry.js';

const [name, folder] = process.argv.slice(2) as [string, string];
const integers = (file: string): Int32Array => new Int32Array(Uint8Array.from(readFileSync(join(folder, file))).buffer);
const { users, items: itemCount } = JSON.parse(readFileSync(join(folder, 'size.json'), 'utf8'));
const data: UserItems = { users, itemCount, starts: integers('starts.i32'), items: integers('items.i32') };
const work = await peerJobs.get(name).ours(data);
const before = process.cpuUsage();
const start = performance.now();
await work();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpu: (user + system) / 1e6, wall: (performance.now() - start) / 1000 }));
