/** Pairs that are asked for, each once, in the order of users and items, so that nothing tells which of them was clicked. */
export interface AskedPairs {
  readonly user: Int32Array;
  readonly item: Int32Array;
}

/** What several questions ask, each pair once, by user and item. */
export function distinctPairs(
  questions: readonly { readonly user: Int32Array; readonly item: Int32Array }[],
  items: number,
): AskedPairs {
  const all = new Float64Array(questions.reduce((sum, { user }) => sum + user.length, 0));
  let at = 0;
  for (const { user, item } of questions)
    for (let p = 0; p < user.length; p++) all[at++] = (user[p] as number) * items + (item[p] as number);
  all.sort();
  const distinct = all.filter((key, k) => k === 0 || key !== all[k - 1]);
  return {
    user: Int32Array.from(distinct, (key) => Math.floor(key / items)),
    item: Int32Array.from(distinct, (key) => key % items),
  };
}
