import type { JSX } from 'preact';
import type { Session } from '../../support/environment.js';
import { SortableTable } from './page.js';

/** Where and when something was run. */
export function Environment({ sessions }: { sessions: readonly Session[] }): JSX.Element {
  if (sessions.length === 0) return <p>Not recorded.</p>;
  return (
    <SortableTable
      title="When and where it ran"
      head={['started (UTC)', 'ended', 'workers', 'processor', 'memory', 'system', 'Node.js', 'program']}
      rows={sessions.map((session) => [
        ...[timeText(session.started), session.ended ? timeText(session.ended) : 'killed', String(session.workers)],
        ...[
          [`${session.processor}, ${session.cores} cores`, ...(session.devices ?? [])].join('; '),
          `${session.memory} GB`,
          session.system,
        ],
        ...[session.node, session.program],
      ])}
    />
  );
}

/** "2026-03-01 10:20:30" */
const timeText = (iso: string): string => iso.slice(0, 19).replace('T', ' ');
