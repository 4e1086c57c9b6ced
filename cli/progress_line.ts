import { duration } from '../support/duration.js';

/** How far a piece of work has come. */
export interface Advance {
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  /** Seconds that it took to come so far, and those that have gone by since. */
  readonly elapsed: number;
  readonly since: number;
  readonly note: string;
  /** Whether it may end before all of it is done, as trainings do. */
  readonly mayEndSooner?: boolean;
}

/** Least part of the work from whose time the time of the rest is told. */
const KNOWN = 0.005;
const [NARROWEST, WIDEST] = [6, 30];

/** "40 s left"; nothing before it can be told. */
export function timeLeft({ share, elapsed, since, mayEndSooner = false }: Omit<Advance, 'label' | 'note'>): string {
  if (share < KNOWN || share >= 1) return '';
  const seconds = (elapsed * (1 - share)) / share - since;
  // What is told of the future is not known to a tenth of a second.
  return `${mayEndSooner ? 'at most ' : ''}${duration(seconds < 10 ? Math.max(1, Math.round(seconds)) : seconds).replace('.0 s', ' s')} left`;
}

const percent = (share: number): string => `${Math.floor(100 * share)}%`;

const cut = (text: string, width: number): string =>
  text.length <= width ? text : width < 2 ? '' : `${text.slice(0, width - 1)}…`;

/** One line of a terminal so many columns wide. The bar shrinks first, then the note and the name; how far and how long stay. */
export function barLine(advance: Advance, columns: number): string {
  const known = [percent(advance.share).padStart(4), timeLeft(advance)].filter((text) => text !== '').join('  ');
  const room = columns - known.length - 2;
  const label = cut(advance.label, Math.max(0, room - 2));
  const spare = room - label.length - 1;
  const bar = Math.min(WIDEST, spare - advance.note.length - 2);
  const width = bar >= NARROWEST ? bar : Math.min(NARROWEST, spare);
  const full = Math.round(width * advance.share);
  const drawn = width < NARROWEST ? '' : `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
  const note = cut(advance.note, columns - [label, drawn, known].join(' ').length - 3);
  return [label, drawn, known, note].filter((text) => text !== '').join(' ');
}

/** The same where there is no terminal: a line of a log. */
export function logLine(advance: Advance): string {
  const parts = [percent(advance.share), timeLeft(advance), advance.note].filter((text) => text !== '');
  return `${advance.label}: ${parts.join(', ')}`;
}
