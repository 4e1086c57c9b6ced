import type { JSX } from 'preact';
import type { Session } from '../../support/environment.js';
import { SortableTable } from './page.js';

/** Where and when something was run. */
export function Environment({ sessions }: { sessions: readonly Session[] }): JSX.Element {
  if (sessions.length === 0) return <p>Not recorded.</p>;
  return (
    <>
      <Sessions sessions={sessions} />
      <Machines sessions={sessions} />
    </>
  );
}

function Sessions({ sessions }: { sessions: readonly Session[] }): JSX.Element {
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

/** Machines of a queue or a cluster, with what each of them did. */
function Machines({ sessions }: { sessions: readonly Session[] }): JSX.Element | null {
  const used = sessions.flatMap(({ started, machines = [] }) => machines.map((machine) => ({ started, machine })));
  if (used.length === 0) return null;
  return (
    <SortableTable
      title="Machines that ran trials"
      head={['started (UTC)', 'machine', 'trials', 'processor', 'memory', 'system', 'Node.js', 'build']}
      rows={used.map(({ started, machine }) => [
        ...[timeText(started), machine.name, String(machine.trials), `${machine.processor}, ${machine.cores} cores`],
        ...[`${machine.memory} GB`, machine.system, machine.node, machine.build.slice(0, 12)],
      ])}
    />
  );
}

/** "2026-03-01 10:20:30" */
const timeText = (iso: string): string => iso.slice(0, 19).replace('T', ' ');
