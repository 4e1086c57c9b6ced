import { describe, expect, test } from '@jest/globals';
import { planSuite } from '../plan.js';
import { fromText } from './file.js';

/** A suite with a line, its fourth, of one's own. */
const suite = (line: string): string => `name: mine\ndata: [planted]\nmethods: [Pop, GMF]\n${line}\n`;

describe('what of YAML is refused, with its line', () => {
  test.each([
    ['an alias', suite('settings: &a { dim: 4 }\nbudgets: { small: { settings: *a } }'), 5, /alias "\*a" is not read/],
    ['an alias as a key', suite('settings: { *a : 4 }'), 4, /alias|anchor/],
    ['many aliases of aliases', suite('a: &a [1, 1]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]'), 5, /alias/],
    ['an alias of itself', suite('settings: &a { set: *a }'), 4, /alias|anchor/],
    ['a merged map', suite('settings:\n  dim: 4\n  <<: { rate: 0.1 }'), 6, /maps are not merged/],
    [
      'a merged map of YAML 1.1',
      `%YAML 1.1\n---\n${suite('settings: { "<<": { dim: 4 } }')}`,
      6,
      /maps are not merged/,
    ],
    [
      'a tag of a program',
      suite('settings: { dim: !!js/function "x" }'),
      4,
      /tag "tag:yaml.org,2002:js\/function" is not/,
    ],
    ['a tag of one’s own', suite('settings: !mine { dim: 4 }'), 4, /tag "!mine" is not read/],
    ['a tag of binary data', suite('summary: !!binary aGVsbG8='), 4, /binary" is not read/],
    ['a tag of a set', suite('settings: !!set { dim, rate }'), 4, /set" is not read/],
    ['the same key twice', suite('repetitions: 2\nrepetitions: 3'), 5, /the same key stands twice/],
    [
      'the same key twice in JSON',
      '{"name": "x",\n"data": ["planted"],\n"name": "y", "methods": ["Pop"]}',
      3,
      /stands twice/,
    ],
    ['a key that is a list', suite('settings: { ? [dim, rate] : 4 }'), 4, /a key must be text/],
    ['a second suite', `${suite('repetitions: 2')}---\n${suite('')}`, 5, /a second document begins here/],
    ['the prototype', suite('settings:\n  dim: 4\n  __proto__: { rate: 1 }'), 6, /can be named "__proto__"/],
    ['the prototype at the top', suite('"__proto__": { repetitions: 2 }'), 4, /can be named "__proto__"/],
    [
      'the prototype among models',
      suite('settings: { set: { __proto__: { heads: 2 } } }'),
      4,
      /can be named "__proto__"/,
    ],
    [
      'the prototype among settings of exposure',
      'name: mine\ndata:\n  - from: planted\n    simulate:\n      set:\n        __proto__: 1\nmethods: [Pop]\n',
      6,
      /can be named "__proto__"/,
    ],
    [
      'the prototype in JSON',
      '{"name": "x", "data": ["planted"],\n"__proto__": {"methods": ["Pop"]}}',
      2,
      /can be named/,
    ],
    ['what every object has', suite('constructor: { name: 1 }'), 4, /unknown setting of a suite "constructor"/],
    [
      'what every object has, as a setting',
      suite('settings: { toString: 1 }'),
      4,
      /unknown setting of "settings" "toString"/,
    ],
    ['a number without end', suite('settings: { rate: .inf }'), 4, /settings\.rate: must be a number/],
  ])('%s', (_, text, line, message) => {
    expect(() => fromText(text, 'x.yaml')).toThrow(message);
    expect(() => fromText(text, 'x.yaml')).toThrow(new RegExp(`^"x\\.yaml", line ${line}`));
    expect(({} as Record<string, unknown>)['rate']).toBeUndefined();
  });

  test('nesting without end', () => {
    expect(() => fromText(suite(`settings: ${'['.repeat(1e5)}`), 'x.yaml')).toThrow(
      /^"x\.yaml".*(nested too deeply|line 4)/,
    );
  });
});

test('what does no harm is read: anchors that nobody uses, plain tags, marks of order and comments', () => {
  const text = `\ufeff# mine\r\n--- \r\nname: &n mine\r\ndata: [planted]\r\nmethods: [Pop, !!str GMF]\r\nrepetitions: !!int "2"\r\nsettings: { "dim": 0x10 }\r\n`;
  expect(fromText(text, 'x.yaml')).toEqual({
    ...{ name: 'mine', data: ['planted'], methods: ['Pop', 'GMF'], repetitions: 2, settings: { dim: 16 } },
  });
});

test('names that every object has are names: of data, rows and published figures', () => {
  const odd = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'];
  const methods = odd
    .map((label, k) => `  - { method: MF, label: "${label}", settings: { rate: 0.0${k + 1} } }\n`)
    .join('');
  const published = 'tables: [{ show: standard, published: { toString: { constructor: { "hit@10": [1, 2] } } } }]';
  const read = fromText(
    `name: odd\ndata: [{ from: planted, name: toString }]\nmethods:\n${methods}${published}\n`,
    'x.yaml',
  );
  const plan = planSuite(read, { seed: 1 });
  expect(plan.rows.map(({ label }) => label)).toEqual(odd);
  expect(plan.tables[0]?.published).toEqual({ toString: { constructor: { 'hit@10': [1, 2] } } });
});
