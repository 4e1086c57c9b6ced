import type { JSX } from 'preact';
import type { Session } from '../../support/environment.js';
import { COMPARISON_HEAD, comparisonRow, countOutcomes, type Judgement, RULE } from '../claims.js';
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
            head={['claim', 'verdict', 'comparisons', 'source']}
            rows={judgements.map((one): Cell[] => [
              { show: <a href={`#${one.name}`}>{one.statement}</a>, sort: one.statement },
              { show: <strong>{one.verdict}</strong>, sort: one.verdict },
              countOutcomes(one),
              one.source,
            ])}
          />
          <p class="note">{RULE}</p>
        </Section>
        {judgements.map((one) => (
          <Section key={one.name} id={one.name} title={`${one.name}: ${one.verdict}`}>
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
          rows={claim.comparisons.map((one): Cell[] => {
            const [data, what, n, effect, interval, p, outcome] = comparisonRow(claim, one) as [
              ...[string, string, string, string, string, string, string],
            ];
            return [
              ...[data, what, n],
              { show: effect, sort: one.difference },
              { show: interval, sort: one.interval[0] },
              { show: p, sort: one.adjusted },
              outcome,
            ];
          })}
        />
      </details>
      <p class="note">Ran: {claim.ran.join('; ') || 'nothing'}.</p>
    </>
  );
}
