import { describe, expect, test } from '@jest/globals';
import { barLine, logLine, timeLeft } from './progress_line.js';

const sweep = {
  label: 'sweep table2',
  share: 0.25,
  elapsed: 60,
  since: 0,
  note: '4 of 16 done, 2 running, 0 failed, best GMF 61.2',
};

describe('progress', () => {
  test('time left goes by what the work so far took', () => {
    expect(timeLeft({ share: 0.25, elapsed: 60, since: 0 })).toBe('3 min left');
    expect(timeLeft({ share: 0.5, elapsed: 60, since: 0 })).toBe('60 s left');
    expect(timeLeft({ share: 0.9, elapsed: 9, since: 0 })).toBe('1 s left');
    expect(timeLeft({ share: 0.999, elapsed: 9, since: 0 })).toBe('1 s left');
    expect(timeLeft({ share: 0.5, elapsed: 60, since: 20 })).toBe('40 s left');
    expect(timeLeft({ share: 0.5, elapsed: 60, since: 20, mayEndSooner: true })).toBe('at most 40 s left');
    expect(timeLeft({ share: 0.5, elapsed: 60, since: 200 })).toBe('1 s left');
    expect(timeLeft({ share: 0.1, elapsed: 3600, since: 0 })).toBe('9 h left');
    expect([timeLeft({ share: 0, elapsed: 60, since: 0 }), timeLeft({ share: 1, elapsed: 60, since: 0 })]).toEqual([
      '',
      '',
    ]);
  });

  test('a bar fits its terminal and keeps how far and how long', () => {
    for (let columns = 17; columns <= 200; columns++) {
      const line = barLine(sweep, columns);
      expect(line.length).toBeLessThan(columns);
      expect(line).toContain('25%');
      expect(line).toContain('3 min left');
    }
    expect(barLine(sweep, 120)).toBe(
      `sweep table2 ${'█'.repeat(8)}${'░'.repeat(22)}  25%  3 min left 4 of 16 done, 2 running, 0 failed, best GMF 61.2`,
    );
    expect(barLine(sweep, 60)).toBe('sweep table2 ██░░░░  25%  3 min left 4 of 16 done, 2 runn…');
  });

  test('a log has the same in words', () => {
    expect(logLine(sweep)).toBe('sweep table2: 25%, 3 min left, 4 of 16 done, 2 running, 0 failed, best GMF 61.2');
    expect(logLine({ ...sweep, share: 0, note: '' })).toBe('sweep table2: 0%');
  });
});
