/** The part of jstat that is used here. */
declare module 'jstat' {
  const jStat: {
    mean(values: readonly number[]): number;
    /** Over n - 1 where `ofSample`. */
    stdev(values: readonly number[], ofSample: boolean): number;
    readonly studentt: {
      cdf(t: number, degreesOfFreedom: number): number;
      inv(probability: number, degreesOfFreedom: number): number;
    };
    readonly normal: {
      cdf(x: number, mean: number, deviation: number): number;
    };
  };
  export default jStat;
}
