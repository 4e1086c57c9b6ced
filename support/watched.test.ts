import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { WATCHED, type Watched, Watcher, watchCalls } from './watched.js';

test('a call that does not end is found, whichever thread it is in; many short ones are not', () => {
  const channel = new BroadcastChannel(WATCHED);
  const watcher = new Watcher(3);
  const [idle, busy] = [watchCalls(), watchCalls()];
  // Node takes a channel here, too, which its types leave out.
  for (let k = 0; k < 2; k++) watcher.add((receiveMessageOnPort(channel as never) as { message: Watched }).message);
  channel.close();
  for (let k = 0; k < 10; k++) {
    busy.begin(k);
    busy.end();
    busy.begin(k);
    expect(watcher.look()).toBeUndefined();
    busy.end();
  }
  idle.begin(1);
  idle.end();
  busy.begin(42);
  expect([1, 2, 3, 4].map(() => watcher.look())).toEqual([undefined, undefined, undefined, 42]);
  busy.end();
  expect(watcher.look()).toBeUndefined();
});
