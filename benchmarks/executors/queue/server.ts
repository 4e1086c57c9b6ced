import { readFileSync } from 'node:fs';
import type { Redis, RedisOptions } from 'ioredis';
import { UserError } from '../../../support/errors.js';
import { type Keys, keysOf, prefixOf } from './keys.js';

/** Where a queue's server is, and how one enters. */
export interface ServerPlace {
  /** What messages call it: without a password. */
  readonly shown: string;
  readonly prefix: string;
  readonly options: RedisOptions;
}

/** Variables that hold what nobody should read in a list of processes. */
const ENV = {
  url: 'EXPOBENCH_QUEUE',
  password: 'EXPOBENCH_QUEUE_PASSWORD',
  passwordFile: 'EXPOBENCH_QUEUE_PASSWORD_FILE',
  authority: 'EXPOBENCH_QUEUE_CA',
} as const;

const FORMS = 'redis://HOST:6379/0, rediss://HOST:6379 (TLS) or unix:///PATH/redis.sock';

/**
 * Reads the address of a queue: an option's value, or $EXPOBENCH_QUEUE where that is empty. Credentials come from the environment or a file alone,
 * since a command is seen by others, and stands in reports. Throws UserError.
 */
export function parseServer(text: string, env: NodeJS.ProcessEnv = process.env): ServerPlace {
  const url = text === '' ? env[ENV.url] : text;
  if (url === undefined || url === '')
    throw new UserError(`--queue needs an address, such as ${FORMS}, here or in ${ENV.url}`);
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new UserError(`--queue "${withoutSecret(url)}" is not understood: write ${FORMS}`);
  }
  const { protocol, hostname, port, pathname, searchParams } = parsed;
  if (text !== '' && parsed.password !== '')
    throw new UserError(
      `--queue holds a password, which everybody sees who lists processes: put it into ${ENV.password}, a file that ${ENV.passwordFile} names, or the whole address into ${ENV.url}`,
    );
  const isSocket = protocol === 'unix:' || protocol === 'redis+unix:';
  if (!isSocket && protocol !== 'redis:' && protocol !== 'rediss:')
    throw new UserError(`--queue "${withoutSecret(url)}" is not understood: write ${FORMS}`);
  const db = isSocket ? (searchParams.get('db') ?? '0') : pathname.replace(/^\//, '') || '0';
  const prefix = searchParams.get('prefix') ?? undefined;
  if (!/^\d{1,5}$/.test(db))
    throw new UserError(`--queue "${withoutSecret(url)}": "${db}" is no number of a database, such as 0`);
  if (prefix !== undefined && !/^[\w-]{1,50}$/.test(prefix))
    throw new UserError(`--queue, prefix "${prefix}": write letters, digits, - and _`);
  const file = env[ENV.passwordFile];
  const password =
    decodeURIComponent(parsed.password) ||
    env[ENV.password] ||
    (file === undefined ? undefined : readFileSync(file, 'utf8').trim());
  const username = decodeURIComponent(parsed.username);
  const authority = env[ENV.authority];
  const place: RedisOptions = isSocket
    ? { path: decodeURIComponent(pathname) }
    : { host: hostname.replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(port || 6379) };
  return {
    shown: withoutSecret(url),
    prefix: prefixOf(prefix),
    options: {
      ...place,
      db: Number(db),
      ...(username !== '' && { username }),
      ...(password !== undefined && { password }),
      ...(protocol === 'rediss:' && { tls: authority === undefined ? {} : { ca: readFileSync(authority) } }),
    },
  };
}

/** An address without what is secret in it. */
export const withoutSecret = (url: string): string => url.replace(/\/\/[^@/]*@/, '//').replace(/\?.*$/, '');

/** A server that was reached, and what opens further connections to it. */
export interface QueueServer {
  readonly place: ServerPlace;
  readonly keys: Keys;
  /** A connection that waits where the server is away. `onAway` is told when it goes, and when it comes back. */
  connect(onAway?: (isAway: boolean) => void): Redis;
}

/** Milliseconds that a first connection may take. */
const PATIENCE = 10_000;

/**
 * Reaches a server and looks whether it can hold a queue. Throws UserError, in one sentence, where nobody answers, the password is wrong, it is too
 * old, or it would drop trials.
 */
export async function reachServer(place: ServerPlace, patience = PATIENCE): Promise<QueueServer> {
  const { Redis } = await import('ioredis');
  const { shown, options, prefix } = place;
  // Its types do not allow what is optional to be undefined.
  const open = (more: RedisOptions): Redis => new Redis({ ...options, disableClientInfo: true, ...more } as never);
  const first = open({ lazyConnect: true, retryStrategy: null, connectTimeout: patience, commandTimeout: patience });
  let cause: Error | undefined;
  first.on('error', (error: Error) => (cause = error));
  try {
    await first.connect();
    await first.ping();
    await first.select(options.db ?? 0); // what cannot be chosen is passed over without a word, else
    const memory = await first.info('memory');
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
    if (policy !== undefined && policy !== 'noeviction')
      throw new UserError(
        `the queue's server ${shown} drops keys when it is full (maxmemory-policy ${policy}), and trials with them: set it to noeviction`,
      );
    const version = /redis_version:(\d+)/.exec(await first.info('server'))?.[1];
    if (version !== undefined && Number(version) < 6) throw new Error(`unknown command 'HELLO' (version ${version})`);
    await first.hgetall(keysOf(prefix).machines); // says whether this user may
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(refusal(shown, cause ?? (error as Error), error as Error));
  } finally {
    first.disconnect();
  }
  return {
    place,
    keys: keysOf(prefix),
    connect(onAway) {
      const redis = open({ maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 200, 3000) });
      let isAway = false;
      redis.on('error', () => {}); // said by "reconnecting"; without a listener each would be printed
      redis.on('reconnecting', () => {
        if (!isAway) onAway?.(true);
        isAway = true;
      });
      redis.on('ready', () => {
        if (isAway) onAway?.(false);
        isAway = false;
      });
      return redis;
    },
  };
}

/** Why a server could not be used, in one sentence. */
function refusal(shown: string, cause: Error, last: Error): string {
  const server = `the queue's server ${shown}`;
  const { code = '' } = cause as NodeJS.ErrnoException;
  const text = [cause.message, last.message].join(' ');
  if (/WRONGPASS/.test(text)) return `${server} refuses the password or the user name: correct ${ENV.password}`;
  if (/NOAUTH/.test(text))
    return `${server} asks for a password: set ${ENV.password}, or ${ENV.passwordFile} to a file that holds it`;
  if (/NOPERM/.test(text))
    return `${server} does not allow this user what a queue needs (docs/machines.md lists it): ${cause.message || last.message}`;
  if (/HELLO|NOPROTO/.test(text)) return `${server} is too old: Redis 6 or newer, or Valkey, is needed`;
  if (/LOADING/.test(text)) return `${server} still loads its data: try again in a moment`;
  if (/out of range|DB index/i.test(text)) return `${server} has no database of that number`;
  if (/CERT|SELF_SIGNED|certificate/i.test(`${code} ${text}`))
    return `the certificate of ${server} is not trusted (${code || cause.message}): name its authority's file in ${ENV.authority}`;
  if (/ECONNRESET|EPROTO|wrong version number|Protocol error|EPIPE/i.test(`${code} ${text}`))
    return `${server} ends the connection: does it speak TLS (rediss://) where you wrote redis://, or the other way round?`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `${server}: there is no machine of that name`;
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `no server answers at ${shown}: start Redis or Valkey there, or name another place with --queue`;
  if (/timed out|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i.test(`${code} ${text}`))
    return `${server} does not answer: is the address right, and its port open to this machine?`;
  return `${server} cannot be used: ${cause.message || last.message}`;
}
