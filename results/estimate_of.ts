/** An estimate of a trial by its key, or the first of those that have the name: "unbiased" finds "unbiased:1/exposure". */
export function estimateOf<Estimated>(
  { estimates }: { readonly estimates: Readonly<Record<string, Estimated>> },
  name: string,
): Estimated | undefined {
  if (Object.hasOwn(estimates, name)) return estimates[name];
  const key = Object.keys(estimates).find((one) => one.startsWith(`${name}:`));
  return key === undefined ? undefined : estimates[key];
}
