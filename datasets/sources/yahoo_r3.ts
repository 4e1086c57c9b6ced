import type { DatasetSource } from '../source.js';

export const yahooR3: DatasetSource = {
  name: 'yahoo-r3',
  summary: 'Yahoo! R3: music, with a test part shown at random',
  facts:
    '15,400 users, 1,000 songs; 311,704 ratings of their choice, and 10 songs shown at random to each of 5,400 users',
  home: 'https://webscope.sandbox.yahoo.com/',
  licence: 'by request, no redistribution',
};
