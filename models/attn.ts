import { z } from 'zod';
import type { Parameter, Runs, Tape, Tensor, Variable } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import { defineModel, type Model } from './model.js';

/**
 * Self-attention over item histories (SASRec: Kang and McAuley 2018; paper, A.6.4): item embeddings with learned places, blocks of
 * causal self-attention and a feed-forward pair of layers, each after layer normalization and around a residual connection; the
 * score is the inner product of the last state with the item's embedding.
 */
export const attn = defineModel({
  name: 'Attn',
  summary: 'causal self-attention over the last 50 items of a user (SASRec); needs times',
  trained: true,
  needs: [{ what: 'times', why: 'Attn reads histories in the order of time' }],
  settings: z.object({
    length: z.number().int().min(1).max(1024).default(50),
    heads: z.number().int().min(1).max(64).default(1),
    blocks: z.number().int().min(1).max(16).default(2),
    /** Width of queries, keys and values together over all heads; 0 for that of the factors. */
    width: z.number().int().min(0).max(1024).default(0),
    dropout: z.number().min(0).max(0.95).default(0.2),
    variant: z
      .enum(['sasrec', 'mean'])
      .default('sasrec')
      .describe("mean: attention alone, averaged over the history, much as the authors' program has it"),
  }),
  tuning: { heads: [1, 2, 4], blocks: [1, 2, 3], width: [16, 0, 64], dropout: [0.1, 0.2, 0.3, 0.5] },
  create(_kernels, make, { items, dim }, { length, heads, blocks, width: given, dropout, variant }) {
    const width = given === 0 ? dim : given;
    if (width % heads !== 0) {
      const [name, value] = given === 0 ? ['--dim', dim] : ['the setting width', width];
      throw new UserError(`Attn: the setting heads, ${heads}, must divide ${name}, ${value}`);
    }
    const item = make.table('item', items + 1, dim);
    const place = make.table('place', length, dim);
    const ones = make.constant('ones', [dim], 1);
    const norm = (name: string) => ({
      gain: make.constant(`${name} gain`, [dim], 1),
      bias: make.constant(`${name} bias`, [dim]),
    });
    const layer = (name: string, inputs: number, outputs: number) => ({
      weight: make.weight(`${name} weight`, inputs, outputs),
      bias: make.constant(`${name} bias`, [outputs]),
    });
    const layers = Array.from({ length: variant === 'mean' ? 0 : blocks }, (_, b) => ({
      attentionNorm: norm(`block ${b + 1} attention norm`),
      projection: layer(`block ${b + 1} query key value`, dim, 3 * width),
      output: layer(`block ${b + 1} attention output`, width, dim),
      forwardNorm: norm(`block ${b + 1} forward norm`),
      first: layer(`block ${b + 1} forward 1`, dim, dim),
      second: layer(`block ${b + 1} forward 2`, dim, dim),
    }));
    if (variant === 'mean') {
      const parts = Array.from({ length: blocks }, (_, b) => ({
        projection: layer(`block ${b + 1} query key value`, dim, 3 * width),
        output: layer(`block ${b + 1} attention output`, width, dim),
      }));
      return meanOfHistory({ item, place, ones, parts, length, heads, dropout });
    }
    const last = norm('last norm');
    return {
      history: length,
      parameters: [
        ...[item, place],
        ...layers.flatMap((block) => Object.values(block).flatMap((part) => Object.values(part))),
        ...[last.gain, last.bias],
      ],
      forward(tape, { sequences }) {
        if (!sequences) throw new Error('Attn scores pairs that come with histories');
        const normal = (x: ReturnType<typeof tape.add>, { gain, bias }: typeof last) =>
          tape.layerNorm(x, tape.parameter(gain), tape.parameter(bias));
        const dense = (x: ReturnType<typeof tape.add>, part: ReturnType<typeof layer>, activation?: 'relu') =>
          tape.dense(x, tape.parameter(part.weight), tape.parameter(part.bias), activation);
        const embedded = tape.embed(item, sequences.lookup);
        const places = tape.spread(tape.parameter(place), sequences.places);
        const { last: ends } = tape.kernels.attentionOfLast ? sequences : { last: undefined };
        let x = tape.dropout(tape.add(tape.spread(embedded, sequences.tokens), places), dropout, 'input');
        layers.forEach((block, b) => {
          const attended = normal(x, block.attentionNorm);
          let seen: typeof x;
          if (ends && b === blocks - 1) {
            // From here on only what pairs are scored by.
            seen = lastAttention(tape, attended.value, ends.rows, block.projection, sequences, heads);
            x = tape.constant(tape.kernels.gather(x.value, ends.rows));
          } else seen = tape.attention(dense(attended, block.projection), sequences, heads);
          x = tape.addDropped(x, dense(seen, block.output), dropout, `attention ${b}`);
          const hidden = tape.dropout(dense(normal(x, block.forwardNorm), block.first, 'relu'), dropout, `hidden ${b}`);
          x = tape.addDropped(x, dense(hidden, block.second), dropout, `forward ${b}`);
        });
        const states = ends ? { slots: ends.states } : sequences.states;
        return tape.pairProduct(normal(x, last), states, embedded, sequences.items, tape.parameter(ones));
      },
    };
  },
});

interface Dense {
  readonly weight: Parameter;
  readonly bias: Parameter;
}

/**
 * Attention without layer norm and feed-forward part, its results averaged over what the history has so far. The average is that of attention whose
 * scores are all 0. (The authors' program has no causal mask; here one history trains all its places at once, which needs it.)
 */
function meanOfHistory({
  item,
  place,
  ones,
  parts,
  length,
  heads,
  dropout,
}: {
  readonly item: Parameter;
  readonly place: Parameter;
  readonly ones: Parameter;
  readonly parts: readonly { readonly projection: Dense; readonly output: Dense }[];
  readonly length: number;
  readonly heads: number;
  readonly dropout: number;
}): Model {
  return {
    history: length,
    parameters: [
      ...[item, place],
      ...parts.flatMap(({ projection, output }) => [...Object.values(projection), ...Object.values(output)]),
    ],
    forward(tape, { sequences }) {
      if (!sequences) throw new Error('Attn scores pairs that come with histories');
      const dense = (x: Variable, { weight, bias }: Dense): Variable =>
        tape.dense(x, tape.parameter(weight), tape.parameter(bias));
      const embedded = tape.embed(item, sequences.lookup);
      const places = tape.spread(tape.parameter(place), sequences.places);
      let x = tape.dropout(tape.add(tape.spread(embedded, sequences.tokens), places), dropout, 'input');
      parts.forEach(({ projection, output }, b) => {
        const seen = tape.attention(dense(x, projection), sequences, heads);
        x = tape.addDropped(x, dense(seen, output), dropout, `attention ${b}`);
      });
      const [rows, dim] = x.value.shape as [number, number];
      const alike = tape.constant(tape.kernels.zeros([rows, 2 * dim]));
      const mean = tape.attention(tape.concatenate(alike, x), sequences, 1);
      return tape.pairProduct(mean, sequences.states, embedded, sequences.items, tape.parameter(ones));
    },
  };
}

/** Attention of the last row of each history, from normalized rows x; nothing flows back. */
function lastAttention(
  tape: Tape,
  x: Tensor,
  rows: Tensor,
  { weight, bias }: { readonly weight: Parameter; readonly bias: Parameter },
  sequences: Runs,
  heads: number,
): Variable {
  const { kernels } = tape;
  const [dim, three] = weight.value.shape as [number, number];
  const width = three / 3;
  const part = (of: Tensor, first: number, count: number): Tensor => {
    const columns = kernels.zeros([dim, count]);
    kernels.copyColumns(weight.value, first, columns, 0, count);
    const out = kernels.product(of, columns);
    kernels.addBias(out, kernels.slice(bias.value, first, count), 'linear');
    return out;
  };
  const [q, kv] = [part(kernels.gather(x, rows), 0, width), part(x, width, 2 * width)];
  if (!kernels.attentionOfLast) throw new Error('this backend attends to all');
  return tape.constant(kernels.attentionOfLast(q, kv, sequences, heads));
}
