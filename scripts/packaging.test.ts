import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { testProgram } from '../cli/test_program.js';

const { run } = testProgram();
const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

/** An image with its version, to the last number, so that the same file gives the same thing next year. */
const PINNED = /^[\w./-]+:\d+\.\d+\.\d+(-[\w.-]+)?$/;
/** Built from this repository. */
const OWN = /(^|\/)expobench(:|$)/;

/** Every value of a name, at any depth. */
function valuesOf(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [...(key === name ? [one] : []), ...valuesOf(one, name)]);
}

/** What the program says to the words of a container: that its server is not there, as far as the words are understood. */
async function expectUnderstood(words: readonly string[]): Promise<void> {
  process.env['EXPOBENCH_QUEUE'] = 'redis://127.0.0.1:1/0';
  const { code, err } = await run(...words);
  expect([code, err]).toEqual([2, expect.stringMatching(/no server answers at redis:\/\/127.0.0.1:1/)]);
}

describe('Dockerfile', () => {
  const lines = read('Dockerfile')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (instruction: string): string[] =>
    lines.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));

  test('has instructions that there are, on pinned images, and runs as no root', () => {
    const known = /^(FROM|WORKDIR|COPY|RUN|LABEL|ENV|USER|VOLUME|ENTRYPOINT|CMD) /;
    for (const line of lines) expect(line).toMatch(known);
    for (const from of of('FROM')) expect(from.split(' ')[0]).toMatch(PINNED);
    expect(of('FROM')).toHaveLength(2);
    expect(of('USER')).toEqual(['node']);
    expect(lines.indexOf('USER node')).toBeLessThan(lines.findIndex((line) => line.startsWith('ENTRYPOINT')));
    // As lists, without a shell that would keep signals from the program.
    expect([JSON.parse(of('ENTRYPOINT')[0] as string), JSON.parse(of('CMD')[0] as string)]).toEqual([
      ['expobench'],
      ['--help'],
    ]);
    for (const place of of('COPY')) expect(place).not.toMatch(/https?:/);
  });

  test('asks for a Node.js that the package allows, and for scripts that it has', () => {
    const { engines, scripts } = JSON.parse(read('package.json')) as {
      engines: { node: string };
      scripts: Record<string, string>;
    };
    const [, major, minor] = /node:(\d+)\.(\d+)/.exec(of('FROM')[0] as string) ?? [];
    const [, least, leastMinor] = />=(\d+)\.(\d+)/.exec(engines.node) ?? [];
    expect(Number(major) * 100 + Number(minor)).toBeGreaterThanOrEqual(Number(least) * 100 + Number(leastMinor));
    for (const command of of('RUN'))
      for (const [, name] of command.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty(name as string);
  });
});

describe('compose.yaml', () => {
  const compose = parse(read('deploy/compose.yaml')) as {
    services: Record<string, { command: string[]; ports?: unknown }>;
  };

  test('has pinned images, a queue that drops nothing, and no open port', () => {
    for (const image of valuesOf(compose, 'image') as string[]) if (!OWN.test(image)) expect(image).toMatch(PINNED);
    expect(compose.services['valkey']?.command.join(' ')).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
    expect(Object.values(compose.services).filter(({ ports }) => ports)).toEqual([]);
  });

  test('runs commands that there are', async () => {
    for (const name of ['worker', 'sweep']) await expectUnderstood(compose.services[name]?.command ?? []);
  });
});

describe('kubernetes.yaml', () => {
  const documents = parseAllDocuments(read('deploy/kubernetes.yaml')).map((one) => {
    expect(one.errors).toEqual([]);
    return one.toJS() as { apiVersion: string; kind: string; metadata: { name: string } };
  });
  interface Container {
    readonly name: string;
    readonly image: string;
    readonly args: string[];
    readonly resources: { readonly requests: object; readonly limits: { readonly memory: string } };
  }
  const containers = valuesOf(documents, 'containers').flat() as Container[];

  test('has what it says, each container with resources, none as root, and images pinned', () => {
    expect(documents.map(({ kind, metadata: { name } }) => `${kind} ${name}`)).toEqual([
      ...['Secret queue', 'Service queue', 'StatefulSet queue', 'NetworkPolicy queue', 'Deployment worker'],
      ...['PersistentVolumeClaim runs', 'Job sweep'],
    ]);
    for (const { apiVersion } of documents) expect(apiVersion).toMatch(/^(apps\/|batch\/|networking\.k8s\.io\/)?v1$/);
    for (const { image, resources } of containers) {
      expect(image).toMatch(PINNED);
      expect(resources).toEqual({
        requests: expect.anything(),
        limits: expect.objectContaining({ memory: expect.anything() }),
      });
    }
    expect(valuesOf(documents, 'runAsNonRoot')).toEqual([true, true, true]);
    expect(valuesOf(documents, 'terminationGracePeriodSeconds')).toEqual([900]);
    expect(containers[0]?.args.join(' ')).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
  });

  test('selects what it labels', () => {
    for (const one of documents.filter(({ kind }) => ['StatefulSet', 'Deployment'].includes(kind))) {
      const [match] = valuesOf(one, 'matchLabels') as Record<string, string>[];
      const [labels] = valuesOf(one, 'labels') as Record<string, string>[];
      expect(labels).toMatchObject(match as object);
    }
  });

  test('runs commands that there are', async () => {
    for (const { args } of containers.slice(1)) await expectUnderstood(args);
  });
});
