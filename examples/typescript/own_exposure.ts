import type { ExposureOfPair } from 'expobench';

/**
 * An exposure function of one's own, added to log exposure: +0.7 doubles it. `dot` has root mean square 1, `popularity` is log(popularity / mean).
 * `expobench simulate --exposure examples/typescript/own_exposure.ts`
 */
const exposure: ExposureOfPair = (_x, _z, { dot, popularity }) => 0.5 * Math.tanh(dot) + 0.3 * popularity;
export default exposure;
