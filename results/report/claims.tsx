import type { JSX } from 'preact';
import type { Session } from '../../support/environment.js';
import {
  COMPARISON_HEAD,
  comparisonRow,
  countOutcomes,
  type Judgement,
  RULE,
  shortText,
  verdictText,
} from '../claims.js';
import { forestPicture } from '../forest_picture.js';
import { Environment } from './environment.js';
import { type Cell, Picture, pageOf, Section, SortableTable } from './page.js';

/** Claims with what became of them as one self-contained page of HTML; `suites` are folders of runs beside it. */
export function claimsPageOf(
  judgements: readonly Judgement[],
  suites: readonly string[],
  sessions: readonly Session[],
): string {
  return pageOf(
    'Claims of the paper',
    <>
      <header>
        <h1>Claims of the paper</h1>
        <p>Xu et al., Adversarial Counterfactual Learning and Evaluation for Recommender System, NeurIPS 2020.</p>
        <nav aria-label="Parts of the page">
          {judgements.map(({ name }) => (
            <a key={name} href={`#${name}`}>
              {name}
            </a>
          ))}
        </nav>
      </header>
      <main>
        <Section id="verdicts" title="Verdicts">
          <SortableTable
            title="Every claim"
            head={['claim', 'verdict', 'comparisons', 'conditions', 'source']}
            stacked
            rows={judgements.map((one): Cell[] => [
              { show: <a href={`#${one.name}`}>{one.statement}</a>, sort: one.statement },
              { show: <strong>{verdictText(one)}</strong>, sort: one.verdict },
              countOutcomes(one),
              one.comparisons.length === 0 ? '' : one.short.join('; ') || 'as the paper',
              one.source,
            ])}
          />
          <p class="note">{RULE}</p>
        </Section>
        {judgements.map((one) => (
          <Section key={one.name} id={one.name} title={`${one.name}: ${verdictText(one)}`}>
            <ClaimView claim={one} />
          </Section>
        ))}
        <Section id="runs" title="Runs">
          <ul>
            {suites.map((suite) => (
              <li key={suite}>
                <a href={`${suite}/report.html`}>{suite}</a>
              </li>
            ))}
          </ul>
          <Environment sessions={sessions} />
        </Section>
      </main>
    </>,
  );
}

function ClaimView({ claim }: { claim: Judgement }): JSX.Element {
  const svg = forestPicture(claim);
  return (
    <>
      <p>
        {claim.statement} ({claim.source}).
      </p>
      {claim.why !== undefined && <p>{claim.why}</p>}
      {shortText(claim) !== '' && <p>{shortText(claim)}</p>}
      {svg && (
        <Picture
          svg={svg}
          name={claim.name}
          title={`${claim.name}: effects with 95% intervals`}
          note="Right of 0 speaks for the claim. Blue: for it beyond chance; red: against it; yellow: no effect worth the name; grey: open."
        />
      )}
      <details>
        <summary>{countOutcomes(claim)}</summary>
        <SortableTable
          title={`Comparisons of ${claim.name}`}
          head={COMPARISON_HEAD.map((name) => name || 'outcome')}
          stacked
          rows={claim.comparisons.map((one): Cell[] => {
            const sorts: Record<string, number> = {
              effect: one.difference,
              '95% interval': one.interval[0],
              'could see': one.seen,
              p: one.adjusted,
            };
            return comparisonRow(claim, one).map((show, column): Cell => {
              const sort = sorts[COMPARISON_HEAD[column] as string];
              return sort === undefined ? show : { show, sort };
            });
          })}
        />
      </details>
      <p class="note">Ran: {claim.ran.join('; ') || 'nothing'}.</p>
    </>
  );
}
