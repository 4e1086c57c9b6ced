/**
 * Area under the ROC curve: the chance that a pair with label 1 scores higher than one with label 0, ties counting half; by ranks (Mann and Whitney
 * 1947). NaN where one of the labels is not there.
 */
export function areaUnderCurve(scores: Float32Array, labels: ArrayLike<number>): number {
  const order = Int32Array.from(scores, (_, p) => p).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let [ranks, positives] = [0, 0];
  for (let from = 0; from < order.length; ) {
    let [to, ones] = [from, 0];
    while (to < order.length && scores[order[to] as number] === scores[order[from] as number])
      ones += Number((labels[order[to++] as number] as number) > 0);
    // Places from + 1 .. to, at their mean.
    ranks += (ones * (from + 1 + to)) / 2;
    positives += ones;
    from = to;
  }
  const negatives = order.length - positives;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
