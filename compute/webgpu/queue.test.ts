import { describe, expect } from '@jest/globals';
import { gpuTests } from '../../support/test_gpu.js';
import { trainSmall } from '../../support/test_training.js';
import { WebGpuKernels } from './webgpu_kernels.js';

const { onGpu, named } = await gpuTests();

describe(named('work on a GPU'), () => {
  onGpu('epochs are read once each, and after the first nothing more is made', async () => {
    const kernels = await WebGpuKernels.open();
    let reads = 0;
    const read = kernels.read.bind(kernels);
    kernels.read = (tensor) => {
      reads++;
      return read(tensor);
    };
    const bytes: number[] = [];
    const passes: number[] = [];
    await trainSmall(kernels, () => {
      bytes.push(kernels.bytes);
      passes.push(kernels.queue.dispatches);
    });
    expect(reads).toBe(4);
    expect(new Set(bytes).size).toBe(1);
    // The same passes in every epoch.
    expect((passes[3] as number) - (passes[2] as number)).toBe((passes[2] as number) - (passes[1] as number));
    kernels.close();
  });

  onGpu('what is lost is said, and the next one opens anew', async () => {
    const kernels = await WebGpuKernels.open();
    const x = kernels.tensor(Float32Array.of(1, 2, 3));
    kernels.gpu.device.destroy();
    await kernels.gpu.device.lost;
    expect(() => kernels.linear(x, 2, 0)).toThrow('the GPU was lost (destroyed)');
    await expect(kernels.read(x)).rejects.toThrow('the GPU was lost');
    const again = await WebGpuKernels.open();
    expect(Array.from(await again.read(again.linear(again.tensor(Float32Array.of(4)), 2, 1)))).toEqual([9]);
    again.close();
  });

  onGpu('a tensor that no buffer holds is refused with its size', async () => {
    const kernels = await WebGpuKernels.open();
    const numbers = kernels.gpu.largestBuffer / 4 + 1;
    expect(() => kernels.zeros([numbers])).toThrow(
      /a tensor of [\d,]+ MiB is larger than the [\d,]+ MiB that this GPU can bind/,
    );
    kernels.close();
  });

  onGpu('what the GPU refuses is an error of the next answer', async () => {
    const kernels = await WebGpuKernels.open();
    const x = kernels.zeros([4]);
    x.block.buffer.destroy();
    const doubled = kernels.linear(x, 2, 0);
    await expect(kernels.read(doubled)).rejects.toThrow('the GPU refused work');
    kernels.close();
  });
});
