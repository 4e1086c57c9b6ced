import { expect, test } from '@jest/globals';
import { Registry } from './registry.js';

const registry = new Registry('model', [{ name: 'GMF' }, { name: 'MLP' }, { name: 'Pop' }]);

test('names are found whatever their case', () => {
  expect(registry.get('gmf').name).toBe('GMF');
});

test('an unknown name is refused with near ones', () => {
  expect(() => registry.get('GFM')).toThrow('unknown model "GFM": did you mean GMF? Known: GMF, MLP, Pop');
  expect(() => registry.get('Attn')).toThrow('unknown model "Attn": Known: GMF, MLP, Pop');
  expect(() => registry.get('GMFF')).toThrow('unknown model "GMFF": did you mean GMF? Known: GMF, MLP, Pop');
});
