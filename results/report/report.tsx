import { isDeepStrictEqual } from 'node:util';
import type { JSX } from 'preact';
import { estimateOf } from '../estimate_of.js';
import type { RunFolder, RunManifest } from '../run_folder.js';
import type { ShownTrial } from '../run_schema.js';
import { Environment } from './environment.js';
import { type Cell, Picture, pageOf, Section, SortableTable } from './page.js';
import { ResultTableView } from './result_tables.js';

/** The report of a run as one self-contained page of HTML. */
export function reportOf(run: RunFolder): string {
  const { manifest, tables, figures, data, trials } = run;
  const [judged, curves] = [figures.filter(isOfTruth), figures.filter((named) => !isOfTruth(named))];
  const parts = [
    ...(judged.length > 0
      ? [{ id: 'truth', title: 'By clicks and in truth', show: <Figures figures={judged} /> }]
      : []),
    { id: 'tables', title: 'Tables', show: <Tables run={run} /> },
    ...(curves.length > 0 ? [{ id: 'figures', title: 'Figures', show: <Figures figures={curves} /> }] : []),
    { id: 'data', title: 'Data', show: <Data manifest={manifest} pictures={data} /> },
    { id: 'settings', title: 'Settings', show: <Settings manifest={manifest} /> },
    { id: 'trials', title: 'Trials', show: <Trials trials={trials} /> },
    { id: 'failures', title: 'Failures', show: <Failures run={run} /> },
    { id: 'reproduce', title: 'How to reproduce', show: <Reproduce run={run} /> },
    { id: 'environment', title: 'Environment', show: <Environment sessions={run.sessions} /> },
  ];
  const title = `${manifest.suite}: ${manifest.data.map(({ name }) => name).join(', ')}`;
  return pageOf(
    title,
    <>
      <header>
        <h1>{manifest.suite}</h1>
        <p>{summary(run)}</p>
        <nav aria-label="Parts of the report">
          {parts.map((part) => (
            <a key={part.id} href={`#${part.id}`}>
              {part.title}
            </a>
          ))}
        </nav>
      </header>
      <main>
        {parts.map((part) => (
          <Section key={part.id} id={part.id} title={part.title}>
            {part.show}
          </Section>
        ))}
      </main>
      <footer>
        {manifest.program.name} {manifest.program.version}, {tables.length} tables, {figures.length} figures. This page
        is complete: it loads nothing from anywhere.
      </footer>
    </>,
  );
}

/** Whether a figure sets ranks against the truth: what a reader should see first. */
const isOfTruth = ({ figure }: RunFolder['figures'][number]): boolean => figure.kind !== undefined;

function Figures({ figures }: Pick<RunFolder, 'figures'>): JSX.Element {
  return (
    <>
      {figures.map(({ name, figure, svg }) => (
        <Picture key={name} svg={svg} name={name} title={figure.title} note={figure.note} />
      ))}
    </>
  );
}

function summary({ manifest, trials, sessions }: RunFolder): string {
  const { data, rows, repetitions, budget, failures } = manifest;
  const trained = trials.filter(({ repetition }) => repetition !== undefined).length;
  const tried = trials.length - trained;
  const ended = sessions.at(-1)?.ended;
  const parts = [
    `${Object.keys(rows).length} rows on ${data.map(({ name }) => name).join(', ')}, ${repetitions} repetitions, budget ${budget}`,
    `${trained} trials${tried > 0 ? `, and ${tried} trainings to choose settings` : ''}; ${failures.length === 0 ? 'none' : failures.length} failed`,
    ...(ended ? [`Made on ${ended.slice(0, 10)} in ${durationOf(sessions)}`] : []),
  ];
  return `${parts.join('. ')}.`;
}

function Tables({ run: { tables } }: { run: RunFolder }): JSX.Element {
  return (
    <>
      {tables.map((named) => (
        <ResultTableView key={named.name} named={named} />
      ))}
    </>
  );
}

function Data({ manifest, pictures }: { manifest: RunManifest; pictures: RunFolder['data'] }): JSX.Element {
  const number = (n: number) => ({ show: n.toLocaleString('en'), sort: n });
  return (
    <>
      <SortableTable
        title="Data sets"
        head={['data', 'SHA-256 of what trials see', 'users', 'items', 'interactions']}
        rows={manifest.data.map(({ name, users, items, interactions, sha256 }): Cell[] => [
          ...[name, { show: <code>{sha256.slice(0, 16)}</code>, sort: sha256 }],
          ...[number(users), number(items), number(interactions)],
        ])}
        numbersFrom={2}
      />
      {pictures.map(({ name, description, svg }, p) => (
        <div key={name}>
          <h3>{name} at a glance</h3>
          <ul>
            {description.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <Picture svg={svg} name={`data-${p}`} title={`${name}: popularity and exposure`} />
        </div>
      ))}
    </>
  );
}

/** Values of nested settings by their path. */
function flatten(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return value === undefined ? [] : [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}

function Settings({ manifest: { rows } }: { manifest: RunManifest }): JSX.Element {
  const flat = Object.entries(rows).map(([label, { settings, tuning }]) => ({
    label,
    values: new Map([...flatten(settings), ...flatten(tuning, 'tuning')]),
  }));
  const names = [...new Set(flat.flatMap(({ values }) => [...values.keys()]))];
  const isShared = (name: string): boolean =>
    flat.every(({ values }) => isDeepStrictEqual(values.get(name), flat[0]?.values.get(name)));
  const [shared, own] = [names.filter(isShared), names.filter((name) => !isShared(name))];
  return (
    <>
      {own.length > 0 && (
        <SortableTable
          title="Settings that differ between rows"
          head={['', ...own]}
          rows={flat.map(({ label, values }) => [label, ...own.map((name) => values.get(name) ?? '')])}
        />
      )}
      <details open={own.length === 0}>
        <summary>{shared.length} settings that all rows share</summary>
        <SortableTable
          title="Settings of every row"
          head={['setting', 'value']}
          rows={shared.map((name) => [name, flat[0]?.values.get(name) ?? ''])}
        />
      </details>
      <p class="note">
        Settings of the first repetition; the seeds of the others follow. Tuned rows: where the search began.
      </p>
    </>
  );
}

const percent = (share: number | undefined): Cell =>
  share === undefined ? '' : { show: (100 * share).toFixed(2), sort: share };
const count = (n: number | undefined): Cell => (n === undefined ? '' : { show: String(n), sort: n });

const metricOf = (result: ShownTrial['result'], estimate: string, metric: string): number | undefined =>
  result && estimateOf(result, estimate)?.metrics[metric];

function Trials({ trials }: { trials: readonly ShownTrial[] }): JSX.Element {
  const rows = trials.filter(({ repetition }) => repetition !== undefined);
  const columns = [
    { head: 'Hit@10', of: ({ result }: ShownTrial) => percent(metricOf(result, 'standard', 'hit@10')) },
    { head: 'NDCG@10', of: ({ result }: ShownTrial) => percent(metricOf(result, 'standard', 'ndcg@10')) },
    { head: 'unbiased Hit@10', of: ({ result }: ShownTrial) => percent(metricOf(result, 'unbiased', 'hit@10')) },
    { head: 'expected Hit@10', of: ({ result }: ShownTrial) => percent(metricOf(result, 'expected', 'hit@10')) },
    { head: 'epochs', of: ({ result }: ShownTrial) => count(result?.epochs.length || undefined) },
    { head: 'best epoch', of: ({ result }: ShownTrial) => count(result?.bestEpoch) },
    {
      head: 'exposure model',
      of: ({ result }: ShownTrial): Cell =>
        result?.exposure ? (result.exposure.collapsed ? 'collapsed' : 'alive') : '',
    },
  ].filter(({ of }) => rows.some((trial) => of(trial) !== ''));
  return (
    <details>
      <summary>{rows.length} trials, one by one</summary>
      <SortableTable
        title="Every trial"
        head={['row', 'data', 'repetition', ...columns.map(({ head }) => head)]}
        rows={rows.map((trial) => [
          trial.failure === undefined ? trial.row : `${trial.row} (failed)`,
          trial.data,
          count((trial.repetition ?? 0) + 1),
          ...columns.map(({ of }) => of(trial)),
        ])}
        numbersFrom={2}
        filter={true}
      />
    </details>
  );
}

function Failures({ run: { manifest } }: { run: RunFolder }): JSX.Element {
  if (manifest.failures.length === 0) return <p>No trial failed.</p>;
  return (
    <SortableTable
      title="Trials that failed"
      head={['row', 'data', 'repetition', 'reason']}
      rows={manifest.failures.map(({ row, data, repetition, reason }) => [row, data, count(repetition + 1), reason])}
    />
  );
}

function Reproduce({ run: { manifest, sessions } }: { run: RunFolder }): JSX.Element {
  const last = sessions.at(-1);
  const { name, version } = manifest.program;
  return (
    <ol>
      <li>
        Take {name} {version}
        {last?.commit && (
          <>
            , commit <code>{last.commit.replace('+', '')}</code>
            {last.commit.endsWith('+') && ' with changes that were not committed'}
          </>
        )}
        , and <code>npm ci</code>.
      </li>
      <li>Have the same data; the SHA-256 above tell whether it is.</li>
      <li>
        Run{' '}
        {last?.command ? <code>{last.command}</code> : 'the suite with the settings above; it was started by a program'}
        .
      </li>
      <li>
        Compare: <code>expobench diff THIS-RUN YOUR-RUN</code>. On the default backend every number is the same to the
        bit, whatever the machine and the number of workers.
      </li>
    </ol>
  );
}

/** Time that sessions took together. */
function durationOf(sessions: RunFolder['sessions']): string {
  const seconds = sessions.reduce(
    (sum, { started, ended }) => sum + (ended ? (Date.parse(ended) - Date.parse(started)) / 1000 : 0),
    0,
  );
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
