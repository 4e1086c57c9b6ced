import { holm, LAYERS, type Layer, type PairedTest, pBelow, seenBy } from '../support/statistics.js';
import { markdownTableOf, markdownText } from './markdown.js';

/** One thing that a claim says to be larger than another, tested over pairs. */
export interface ClaimTest extends PairedTest {
  readonly data: string;
  /** "ACL:GMF/GMF above GMF". */
  readonly what: string;
  /** The least effect worth the name, as the difference is. */
  readonly least: number;
  /** What the pairs are. */
  readonly over: 'repetitions' | 'models';
  /** Whether p is the larger of two tests, both of which must speak for the claim: standard evaluation's, and the truth's. */
  readonly both?: boolean;
}

/**
 * What a test says of its claim: `for` it, `against` it, that there is `none` of an effect worth the name, or nothing yet: `open`.
 */
export type Outcome = 'for' | 'against' | 'none' | 'open';

export interface Comparison extends ClaimTest {
  /** p after Holm's correction over the claim. */
  readonly adjusted: number;
  readonly outcome: Outcome;
  /** The least true effect that this test would have found in four of five cases, with the claim's other comparisons beside it. */
  readonly seen: number;
}

export type Verdict = 'holds' | 'does not hold' | 'not decided';

/** What a claim says, apart from how it is tested. */
export interface ClaimText {
  readonly name: string;
  readonly statement: string;
  /** Where the paper says so. */
  readonly source: string;
  /** In which differences are: `points` are percent, of a metric; `number` is what it is. */
  readonly unit: 'points' | 'number';
  /** Whether the claim is that all comparisons come out so, or that there are some. */
  readonly quantifier: 'all' | 'some';
}

/** Under which conditions a claim was tested, in words. */
export interface Conditions {
  /** Suites, data, repetitions and epochs. */
  readonly ran: readonly string[];
  /** In what the runs fall short of the paper's; empty where they are of full size. */
  readonly short: readonly string[];
}

/** A claim with what became of it. */
export interface Judgement extends ClaimText, Conditions {
  readonly verdict: Verdict;
  /** Why nothing is decided, where that is so. */
  readonly why?: string | undefined;
  readonly comparisons: readonly Comparison[];
}

const LEVEL = 0.05;

/** How verdicts come about, for people. */
export const RULE = [
  'Each comparison is a paired t-test by the variance of the mean difference over repetitions and, where "test" says so, over users and draws of the clicks; or over models.',
  "p is by Holm's correction over its claim.",
  `It is for the claim where the effect is above 0 with p < ${LEVEL}, and against it where below 0 with p < ${LEVEL} (two-sided);`,
  `none where the effect is less than is worth the name (0.3% of a metric) with p < ${LEVEL} (one-sided); open otherwise.`,
  '"Could see" is the least true effect that the test would have found in four of five cases.',
  'A claim about all comparisons holds where every one is for it, and does not hold where one is against it or none;',
  'a claim that there are some holds where one is for it, and does not hold where all are against it or none.',
].join(' ');

/** Judges a claim by its tests. */
export function judge(
  claim: ClaimText,
  tests: readonly ClaimTest[],
  { ran, short }: Conditions = { ran: [], short: [] },
): Judgement {
  const adjusted = holm(tests.map(({ p }) => p));
  const less = holm(tests.map((test) => pBelow(test, test.least)));
  const comparisons = tests.map((test, t): Comparison => {
    const [p, q] = [adjusted[t] as number, less[t] as number];
    const outcome = p < LEVEL ? (test.difference > 0 ? 'for' : 'against') : q < LEVEL ? 'none' : 'open';
    return { ...test, adjusted: p, outcome, seen: seenBy(test, LEVEL / tests.length) };
  });
  const verdict = verdictOf(claim.quantifier, comparisons);
  const why = verdict === 'not decided' ? whyOpen(claim, comparisons) : undefined;
  return { ...claim, verdict, ...(why !== undefined && { why }), comparisons, ran, short };
}

/** Why nothing is decided, a sentence: what the open comparisons could have seen, and what it would take. */
function whyOpen(claim: ClaimText, comparisons: readonly Comparison[]): string {
  const open = comparisons.filter(({ outcome }) => outcome === 'open');
  if (open.length === 0)
    return 'There is nothing to compare: what the claim is about was not run, failed, or is void, as is the robust estimate of a game whose exposure model collapsed.';
  const seen = open.map((one) => one.seen);
  const [least, most] = [Math.min(...seen), Math.max(...seen)].map((effect) => effectText(claim, effect));
  const range = least === most ? `${least}` : `${least} to ${most}`;
  const models = open.filter(({ over }) => over === 'models');
  const needed = Math.max(...models.map(({ n, seen: effect, least: worth }) => n * (effect / worth) ** 2));
  return [
    `${open.length} of ${comparisons.length} comparisons are open: an effect of ${range}${claim.unit === 'points' ? ' percent points' : ''} or more would have been seen in four of five cases, and what was found may be chance.`,
    ...(models.length > 0
      ? [
          `${models[0]?.n} models tell only large differences; for the least that is worth the name (${effectText(claim, models[0]?.least as number)}) it would take some ${Number(needed.toPrecision(1)).toLocaleString('en')}.`,
        ]
      : []),
  ].join(' ');
}

/** "holds (not tested at full size)" */
export const verdictText = ({ verdict, short, comparisons }: Judgement): string =>
  short.length > 0 && comparisons.length > 0 ? `${verdict} (not tested at full size)` : verdict;

/** In what the runs behind a claim are less than the paper's, a sentence; empty where they are not. */
export const shortText = ({ short, comparisons }: Judgement): string =>
  short.length > 0 && comparisons.length > 0 ? `Not tested at full size: ${short.join('; ')}.` : '';

const LAYER_WORDS: Readonly<Record<Layer, string>> = { training: 'training', users: 'users', draws: 'draws' };

/** Which test a comparison's p is of. */
export function testText({ over, layers, both }: ClaimTest): string {
  const what =
    over === 'models'
      ? 'over models'
      : LAYERS.filter((layer) => layers.includes(layer))
          .map((layer) => LAYER_WORDS[layer])
          .join(', ');
  return both ? `${what}; larger p of standard and truth` : what;
}

function verdictOf(quantifier: ClaimText['quantifier'], comparisons: readonly Comparison[]): Verdict {
  const isFor = ({ outcome }: Comparison): boolean => outcome === 'for';
  const isNot = ({ outcome }: Comparison): boolean => outcome === 'against' || outcome === 'none';
  if (comparisons.length === 0) return 'not decided';
  if (quantifier === 'some') {
    if (comparisons.some(isFor)) return 'holds';
    return comparisons.every(isNot) ? 'does not hold' : 'not decided';
  }
  if (comparisons.some(isNot)) return 'does not hold';
  return comparisons.every(isFor) ? 'holds' : 'not decided';
}

/** A difference in the claim's unit. */
export function effectText({ unit }: ClaimText, difference: number): string {
  const shown = unit === 'points' ? 100 * difference : difference;
  return `${shown > 0 ? '+' : ''}${shown.toFixed(2)}`;
}

/** "+0.12 to +0.80" */
export const intervalText = (claim: ClaimText, [low, high]: readonly [number, number]): string =>
  `${effectText(claim, low)} to ${effectText(claim, high)}`;

/** "5 for, 1 open" */
export function countOutcomes({ comparisons }: Judgement): string {
  const count = (outcome: Outcome): number => comparisons.filter((one) => one.outcome === outcome).length;
  const parts = (['for', 'against', 'none', 'open'] as const).filter((outcome) => count(outcome) > 0);
  return parts.length > 0 ? parts.map((outcome) => `${count(outcome)} ${outcome}`).join(', ') : 'nothing to compare';
}

/** Rows of a comparison for people, below this head. */
export const COMPARISON_HEAD = ['data', 'comparison', 'n', 'effect', '95% interval', 'could see', 'p', 'test', ''];
export function comparisonRow(claim: ClaimText, one: Comparison): string[] {
  return [
    ...[one.data, one.what, String(one.n), effectText(claim, one.difference), intervalText(claim, one.interval)],
    ...[effectText(claim, one.seen), one.adjusted.toPrecision(2), testText(one), one.outcome],
  ];
}

/** All claims in Markdown. */
export function claimsMarkdown(judgements: readonly Judgement[]): string {
  const overview = markdownTableOf([
    ['claim', 'verdict', 'comparisons'],
    ...judgements.map((one) => [one.statement, verdictText(one), countOutcomes(one)]),
  ]);
  const parts = judgements.map((one) => {
    const table = markdownTableOf([
      COMPARISON_HEAD,
      ...one.comparisons.map((comparison) => comparisonRow(one, comparison)),
    ]);
    const effect = one.unit === 'points' ? 'Effects in percent points.' : 'Effects as numbers.';
    const said = [one.why ?? '', shortText(one)]
      .filter((text) => text !== '')
      .map((text) => `${markdownText(text)}\n\n`);
    return `## ${one.name}: ${verdictText(one)}\n\n${one.statement} (${one.source}).\n\n${said.join('')}${table}\n\n${effect} Ran: ${markdownText(one.ran.join('; '))}.`;
  });
  return `# Claims of the paper\n\n${overview}\n\n${RULE}\n\n${parts.join('\n\n')}\n`;
}
