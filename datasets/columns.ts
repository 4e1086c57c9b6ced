import { UserError } from '../support/errors.js';
import { unknownName } from '../support/registry.js';

/** Which columns of a file hold what: names, or numbers from 1; an empty name for none. */
export interface ColumnNames {
  readonly user?: string | undefined;
  readonly item?: string | undefined;
  readonly rating?: string | undefined;
  readonly time?: string | undefined;
}

/**
 * What a column's values are stored as. Most are read by their text; what is stored in floating point may have lost digits, and an instant or a
 * date needs no guess at its unit.
 */
export type ColumnType = 'text' | 'float' | 'instant' | 'clock' | 'nested';

export interface SourceColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** The places of the columns to use. */
export interface UsedColumns {
  readonly user: number;
  readonly item: number;
  readonly rating: number | undefined;
  /** Columns that may hold the time, best first: one where the user said which. */
  readonly times: readonly number[];
  /** Columns that may say the time of the day, where the time is a day: one, or hour, minute and second apart. */
  readonly clocks: readonly Clock[];
  /** Day, month and year, where there is no other time. */
  readonly date: readonly [day: number, month: number, year: number] | undefined;
}

/** Columns of a time of the day: one, or those of its parts, the largest first. */
export type Clock = readonly [number, ...number[]];

/** Names that columns go by, lower case, without a type that RecBole writes behind them; best first. */
const USUAL_NAMES = {
  user: [
    ...['user', 'user_id', 'userid', 'uid', 'u', 'reviewer_id', 'reviewerid', 'customer_id', 'visitorid', 'session_id'],
    ...['user-id', 'user id', 'users', 'customerid', 'visitor_id', 'sessionid'],
  ],
  item: [
    ...['item', 'item_id', 'itemid', 'movieid', 'movie_id', 'artistid', 'artist_id', 'book_id', 'bookid', 'song'],
    ...['video_id', 'asin', 'product_id', 'productid', 'business_id', 'track_id', 'song_id', 'article_id', 'iid', 'i'],
    ...['item-id', 'item id', 'items', 'isbn', 'parent_asin'],
  ],
  rating: ['rating', 'ratings', 'score', 'stars', 'overall', 'r', 'book-rating', 'review_score'],
  time: [
    ...[
      'time',
      'timestamp',
      'unixtime',
      'unix_time',
      'unixreviewtime',
      'date_added',
      'datetime',
      'date',
      'created_at',
      't',
    ],
    ...[
      'time_ms',
      'timestamp_ms',
      'time_us',
      'timestamp_us',
      'time_ns',
      'timestamp_ns',
      'ts',
      'event_time',
      'date_time',
    ],
    ...['played_at', 'day'],
  ],
  clock: ['hourmin', 'hour_min', 'hhmm', 'hhmmss', 'clock', 'time_of_day', 'time', 'hour'],
  minute: ['minute', 'minutes', 'min'],
  second: ['second', 'seconds', 'sec'],
} as const;

/** Whether a column holds hours alone. */
export const isHour = (name: string | undefined): boolean => name !== undefined && plainName(name) === 'hour';

type Role = keyof typeof USUAL_NAMES;

/** A name as it is compared. */
const plainName = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/:(token|float)(_seq)?$/, '');

/** Whether one of the names is one that users or items usually go by, or that the user names. */
export function namesSomething(names: readonly string[], wanted: ColumnNames): boolean {
  const usual: readonly string[] = Object.values(USUAL_NAMES).flat();
  return names.some(
    (name) =>
      (name !== '' && Object.values(wanted).includes(name) && !/^\d+$/.test(name)) ||
      (plainName(name).length > 1 && usual.includes(plainName(name))),
  );
}

/** The place of a column that users or items are usually called by, or that is called "id"; undefined where there is none. */
export function usualColumn(role: 'user' | 'item', columns: readonly SourceColumn[]): number | undefined {
  const plain = columns.map(({ name }) => plainName(name));
  return [...USUAL_NAMES[role], 'id'].map((name) => plain.indexOf(name)).find((place) => place >= 0);
}

/** Finds the columns to use by what the user says, or by their usual names. Throws UserError where one is not there, or not the only one. */
export function chooseColumns(columns: readonly SourceColumn[], wanted: ColumnNames, shown: string): UsedColumns {
  const names = columns.map(({ name }) => name);
  const plain = names.map(plainName);
  const usual = (role: Role): number[] => USUAL_NAMES[role].map((name) => plain.indexOf(name)).filter((c) => c >= 0);
  const only = (role: string, place: number): number => {
    const again = names.lastIndexOf(names[place] as string);
    if (again !== place)
      throw new UserError(
        `"${shown}" has ${names.filter((name) => name === names[place]).length} columns "${names[place]}": say which by its number, such as --${role} ${place + 1}`,
      );
    return place;
  };
  const said = (role: keyof ColumnNames): number | undefined => {
    const name = wanted[role];
    if (name === undefined || name === '') return undefined;
    const exact = names.includes(name) ? names.indexOf(name) : plain.indexOf(name.toLowerCase());
    if (exact >= 0) return only(role, exact);
    const number = /^\d+$/.test(name) ? Number(name) : 0;
    if (number >= 1 && number <= columns.length) return number - 1;
    const known = names.filter((one) => one !== '');
    throw new UserError(
      number > 0 || /^0+$/.test(name)
        ? `--${role} ${name}: "${shown}" has ${columns.length} columns, and they are numbered from 1`
        : `--${role}: in "${shown}", ${unknownName('column', name, known)}`,
    );
  };
  const find = (role: 'user' | 'item' | 'rating'): number | undefined => {
    if (wanted[role] === '' && role === 'rating') return undefined;
    const place = said(role) ?? usual(role)[0];
    return place === undefined ? undefined : only(role, place);
  };
  const need = (role: 'user' | 'item'): number => {
    const place = find(role);
    if (place !== undefined) return place;
    throw new UserError(
      `"${shown}": no column looks like the ${role}; name it with --${role}, or number it from 1. Columns: ${names.map((name) => name || '(without a name)').join(', ')}. Where these are no names but the first row, say --no-header`,
    );
  };
  const [user, item, rating] = [need('user'), need('item'), find('rating')];
  if (user === item)
    throw new UserError(
      `"${shown}": column "${names[user]}" cannot be both the user and the item; name them with --user and --item`,
    );
  const taken = [user, item, rating];
  const free = (place: number): boolean => !taken.includes(place);
  const time = said('time');
  const parts = ['day', 'month', 'year'].map((name) => plain.indexOf(name));
  const date = parts.every((place) => place >= 0) && wanted.time === undefined;
  const usualTimes = usual('time').filter((place) => free(place) && !(date && parts.includes(place)));
  /** Hours with the minutes and seconds that have columns of their own. */
  const withParts = (place: number): Clock => {
    if (!isHour(names[place])) return [place];
    const minute = usual('minute').find(free);
    const second = minute === undefined ? undefined : usual('second').find(free);
    return [place, ...[minute, second].filter((one) => one !== undefined)];
  };
  const times = wanted.time === '' ? [] : time === undefined ? usualTimes : [time];
  return {
    ...{ user, item, rating, times },
    clocks: wanted.time === undefined ? usual('clock').filter(free).map(withParts) : [],
    date: date && times.length === 0 ? (parts as [number, number, number]) : undefined,
  };
}
