import { WasmKernels } from '../../compute/index.js';
import { TEST, VALIDATION } from '../../datasets/interactions.js';
import { writeTextTable } from '../../datasets/text_table.js';
import { testQuestion } from '../../evaluation/question.js';
import { distinctPairs } from '../../methods/external/pairs.js';
import { UserError } from '../../support/errors.js';
import type { ExportFormat } from './export.js';

export const candidates: ExportFormat = {
  name: 'candidates',
  summary:
    'the pairs that a seed ranks, to be scored for "evaluate --scores": user, item (Parquet); which were clicked is not told',
  async write({ data: open, folder, name = 'candidates', evaluation }) {
    const data = await open();
    if (evaluation.candidates === 0)
      throw new UserError('--candidates 0 ranks every item: write a matrix of scores (.npy) for "evaluate"');
    const kernels = new WasmKernels();
    const questions = [
      await testQuestion(kernels, data, VALIDATION, evaluation),
      await testQuestion(kernels, data, TEST, evaluation),
    ].map(({ sampled, targets }) => sampled?.question ?? targets);
    const { user, item } = distinctPairs(questions, data.itemIds.length);
    const file = `${name}.parquet`;
    await writeTextTable(folder.file(file), user.length, {
      user: { type: 'VARCHAR', of: (row) => data.userIds[user[row] as number] as string },
      item: { type: 'VARCHAR', of: (row) => data.itemIds[item[row] as number] as string },
    });
    const { candidates: each, seed } = evaluation;
    return {
      files: [file],
      notes: [
        `${user.length.toLocaleString('en')} pairs: test and validation items among ${each} sampled ones each, as --seed ${seed} --candidates ${each} ranks them`,
      ],
    };
  },
};
