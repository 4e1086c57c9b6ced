import { holm, type PairedTest, pBelow } from '../support/statistics.js';
import { markdownTableOf, markdownText } from './markdown.js';

/** One thing that a claim says to be larger than another, tested over pairs. */
export interface ClaimTest extends PairedTest {
  readonly data: string;
  /** "ACL GMF/GMF above GMF". */
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

/** A claim with what became of it. */
export interface Judgement extends ClaimText {
  readonly verdict: Verdict;
  readonly comparisons: readonly Comparison[];
  /** Suites, data and repetitions, in words. */
  readonly ran: readonly string[];
}

const LEVEL = 0.05;

/** How verdicts come about, for people. */
export const RULE = [
  "Each comparison is a paired t-test, p by Holm's correction over its claim.",
  `It is for the claim where the effect is above 0 with p < ${LEVEL}, and against it where below 0 with p < ${LEVEL} (two-sided);`,
  `none where the effect is less than is worth the name (0.3% of a metric) with p < ${LEVEL} (one-sided); open otherwise.`,
  'A claim about all comparisons holds where every one is for it, and does not hold where one is against it or none;',
  'a claim that there are some holds where one is for it, and does not hold where all are against it or none.',
].join(' ');

/** Judges a claim by its tests. */
export function judge(claim: ClaimText, tests: readonly ClaimTest[], ran: readonly string[]): Judgement {
  const adjusted = holm(tests.map(({ p }) => p));
  const less = holm(tests.map((test) => pBelow(test, test.least)));
  const comparisons = tests.map((test, t): Comparison => {
    const [p, q] = [adjusted[t] as number, less[t] as number];
    const outcome = p < LEVEL ? (test.difference > 0 ? 'for' : 'against') : q < LEVEL ? 'none' : 'open';
    return { ...test, adjusted: p, outcome };
  });
  return { ...claim, verdict: verdictOf(claim.quantifier, comparisons), comparisons, ran };
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
export const COMPARISON_HEAD = ['data', 'comparison', 'n', 'effect', '95% interval', 'p', ''];
export function comparisonRow(claim: ClaimText, one: Comparison): string[] {
  return [
    ...[one.data, one.what, String(one.n), effectText(claim, one.difference), intervalText(claim, one.interval)],
    ...[one.adjusted.toPrecision(2), one.outcome],
  ];
}

/** All claims in Markdown. */
export function claimsMarkdown(judgements: readonly Judgement[]): string {
  const overview = markdownTableOf([
    ['claim', 'verdict', 'comparisons'],
    ...judgements.map((one) => [one.statement, one.verdict, countOutcomes(one)]),
  ]);
  const parts = judgements.map((one) => {
    const table = markdownTableOf([
      COMPARISON_HEAD,
      ...one.comparisons.map((comparison) => comparisonRow(one, comparison)),
    ]);
    const effect = one.unit === 'points' ? 'Effects in percent points.' : 'Effects as numbers.';
    return `## ${one.name}: ${one.verdict}\n\n${one.statement} (${one.source}).\n\n${table}\n\n${effect} Ran: ${markdownText(one.ran.join('; '))}.`;
  });
  return `# Claims of the paper\n\n${overview}\n\n${RULE}\n\n${parts.join('\n\n')}\n`;
}
