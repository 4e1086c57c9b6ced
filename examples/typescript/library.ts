import { compare, interactionsOf, type Row, simulateInMemory } from 'expobench';

/** The library in ten lines: ratings in memory, exposure of one's own, methods compared by clicks and by the truth. */
const ratings: Row[] = Array.from({ length: 6000 }, (_, r) => ({
  ...{ user: `user ${r % 200}`, item: `item ${Math.floor((r * r) / 7) % 120}` },
  ...{ rating: 1 + ((r * 13) % 5), time: 1.6e9 + 60 * r },
}));

const exposure = (_x: Float32Array, _z: Float32Array, { popularity }: { popularity: number }): number =>
  0.5 * popularity;
const { data, world } = await simulateInMemory(interactionsOf(ratings), { seed: 7 }, { exposure });
const compared = await compare(data, ['Pop', 'GMF', 'ACL:GMF/GMF'], { world, epochs: 10, dim: 16 });
for (const { method, result } of compared)
  console.log(
    method,
    'Hit@10',
    result.estimates['standard']?.metrics['hit@10'],
    'clicks a place',
    result.truth?.values['value@10'],
  );
