import { defineMethod, freshModel, ownStage, plainAxes, plainSettings, trainerOf, trainOnClicks } from 'expobench';

/**
 * A method with a loss of its own: focal loss (Lin et al. 2017), which looks at what is not yet right, for any trained model.
 * `expobench sweep quick --models GMF examples/typescript/own_method.ts Focal:GMF --out runs/focal`
 */
export const focal = defineMethod({
  name: 'Focal',
  summary: 'trained by focal loss',
  grammar: 'Focal:f, such as Focal:GMF: f by focal loss',
  parse(rest, { models }) {
    const f = models.get(rest);
    return {
      ...{ kind: 'Focal', text: `Focal:${f.name}`, label: `Focal ${f.name}`, settings: plainSettings, players: [f] },
      remedy: 'lower --rate',
      needs: () => f.needs ?? [],
      tuning: [ownStage(`Focal:${f.name}`, plainAxes(f))],
      async train(context) {
        const model = freshModel(context, f);
        const scorer = context.scorers.of(model);
        const record = await trainOnClicks(
          { ...context, validate: () => context.validate(scorer) },
          model,
          // (1 - p_t) cross-entropy, where 1 - p_t is how wrong the row still is; the weight is not differentiated.
          (tape, logits, { labels }) => {
            const { kernels } = context;
            const losses = tape.crossEntropy(logits, labels);
            const right = kernels.exp(kernels.linear(losses.value, -1, 0));
            return tape.multiply(losses, tape.constant(kernels.linear(right, -1, 1)));
          },
          trainerOf(plainSettings.parse(context.settings), context.seed),
          (epoch) => context.onEpoch?.(epoch, 'f'),
        );
        return { scorer, model, record };
      },
    };
  },
});
