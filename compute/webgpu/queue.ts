import { BackendError } from '../errors.js';
import { firstLine, type Gpu, NUMBER_BYTES } from './device.js';
import { BufferPool } from './memory.js';
import { accesses, numbersOf, type Program, type Shader, textOf } from './shader.js';
import type { GpuTensor } from './tensors.js';

/** Passes that wait before they are sent: few enough that the GPU begins early, many enough that sending costs little. */
const MOST_PENDING = 128;
/** Bindings kept for a shader. Loops of steps meet the same ones again. */
const MOST_GROUPS = 512;
const MOST_GROUPS_ACROSS = 65535;

/** Passes of shaders in order, with reads and writes between them. */
export class GpuQueue {
  readonly pool: BufferPool;
  /** Passes so far. */
  dispatches = 0;
  private readonly staging: BufferPool;
  /** Bindings of a shader by the numbers of their buffers. */
  private readonly groups = new Map<Program, Map<string, GPUBindGroup>>();
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private pending = 0;
  private failure: BackendError | undefined;
  private readonly numbers = new ArrayBuffer(NUMBER_BYTES);
  private readonly u32 = new Uint32Array(this.numbers);
  private readonly i32 = new Int32Array(this.numbers);
  private readonly f32 = new Float32Array(this.numbers);

  constructor(readonly gpu: Gpu) {
    const { device, largestBuffer } = gpu;
    const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.pool = new BufferPool(device, largestBuffer, STORAGE | COPY_SRC | COPY_DST);
    this.staging = new BufferPool(device, largestBuffer, MAP_READ | COPY_DST);
    device.addEventListener('uncapturederror', this.onError);
  }

  private readonly onError = (event: GPUUncapturedErrorEvent): void => {
    event.preventDefault(); // or else it is printed
    const { error } = event;
    const what = error instanceof GPUOutOfMemoryError ? 'the GPU is out of memory' : 'the GPU refused work';
    this.failure ??= new BackendError(`${what}: ${firstLine(error)}`);
  };

  /** Throws what has gone wrong, if anything has. */
  private check(): void {
    if (this.gpu.lost !== undefined) throw new BackendError(this.gpu.lost);
    if (this.failure) throw this.failure;
  }

  private program(shader: Shader): Program {
    let program = this.gpu.programs.get(shader);
    if (!program) {
      program = this.make(shader);
      this.gpu.programs.set(shader, program);
    }
    return program;
  }

  private make(shader: Shader): Program {
    const { device } = this.gpu;
    const access = accesses(shader);
    const layout = device.createBindGroupLayout({
      entries: access.map((way, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: way === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
      })),
    });
    const types = Object.values(numbersOf(shader));
    const pipeline = device.createComputePipeline({
      label: shader.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout], immediateSize: types.length * 4 }),
      compute: { module: device.createShaderModule({ label: shader.name, code: textOf(shader) }), entryPoint: 'main' },
    });
    return { pipeline, layout, access, types, addsAny: access.includes('add') };
  }

  /** Queues a pass over the buffers of tensors with the shader's numbers, in `groups` workgroups, `deep` times. */
  run(shader: Shader, tensors: readonly GpuTensor[], numbers: readonly number[], groups: number, deep = 1): void {
    if (groups === 0) return;
    this.check();
    const program = this.program(shader);
    const fresh = this.prepare(program, tensors);
    const pass = this.openPass();
    pass.setPipeline(program.pipeline);
    pass.setBindGroup(0, this.bindings(program, tensors));
    const { types } = program;
    for (let k = 0; k < numbers.length; k++) {
      const [type, value] = [types[k], numbers[k] as number];
      if (type === 'f32') this.f32[k] = value;
      else if (type === 'i32') this.i32[k] = value;
      else this.u32[k] = value;
    }
    if (program.addsAny) this.u32[numbers.length] = fresh;
    if (types.length > 0) pass.setImmediates(0, this.u32, 0, types.length);
    if (groups <= MOST_GROUPS_ACROSS) pass.dispatchWorkgroups(groups, 1, deep);
    else pass.dispatchWorkgroups(MOST_GROUPS_ACROSS, Math.ceil(groups / MOST_GROUPS_ACROSS), deep);
    this.dispatches++;
    this.pending++;
  }

  /** One thread an element. */
  runEach(shader: Shader, tensors: readonly GpuTensor[], n: number, ...numbers: number[]): void {
    this.run(shader, tensors, [n, ...numbers], Math.ceil(n / shader.size));
  }

  /** Clears what counts as zeros and will be read; returns which of the buffers to add to need not be. */
  private prepare({ access }: Program, tensors: readonly GpuTensor[]): number {
    let fresh = 0;
    for (let k = 0; k < tensors.length; k++) {
      const tensor = tensors[k] as GpuTensor;
      const way = access[k];
      if (tensor.isZero) {
        if (way === 'add') fresh |= 1 << k;
        else if (way !== 'write') this.clear(tensor);
      }
      if (way !== 'read') tensor.changed();
    }
    return fresh;
  }

  private clear(tensor: GpuTensor): void {
    this.openEncoder().clearBuffer(tensor.block.buffer, 0, Math.max(4, tensor.size * 4));
    tensor.isZero = false;
  }

  private bindings(program: Program, tensors: readonly GpuTensor[]): GPUBindGroup {
    let groups = this.groups.get(program);
    if (!groups) {
      groups = new Map();
      this.groups.set(program, groups);
    }
    let key = '';
    for (const { block } of tensors) key += `${block.id},`;
    let group = groups.get(key);
    if (!group) {
      if (groups.size >= MOST_GROUPS) groups.clear();
      group = this.gpu.device.createBindGroup({
        layout: program.layout,
        entries: tensors.map(({ block }, binding) => ({ binding, resource: { buffer: block.buffer } })),
      });
      groups.set(key, group);
    }
    return group;
  }

  private openPass(): GPUComputePassEncoder {
    this.encoder ??= this.gpu.device.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass();
    return this.pass;
  }

  /** The encoder, for what is no pass. */
  private openEncoder(): GPUCommandEncoder {
    this.pass?.end();
    this.pass = undefined;
    this.encoder ??= this.gpu.device.createCommandEncoder();
    return this.encoder;
  }

  /** Sends what waits. */
  flush(): void {
    if (!this.encoder) return;
    const encoder = this.openEncoder();
    this.encoder = undefined;
    this.pending = 0;
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Sends what waits, if it is much. */
  breathe(): void {
    if (this.pending >= MOST_PENDING) this.flush();
  }

  /** Overwrites numbers from the `first` on; whatever is queued sees those from before. */
  write(tensor: GpuTensor, data: Float32Array | Int32Array, first = 0): void {
    this.check();
    if (tensor.isZero && data.length < tensor.size) this.clear(tensor);
    this.flush();
    tensor.changed();
    if (data.length === 0) return;
    // Dawn crashes on shared memory.
    const own = data.buffer instanceof ArrayBuffer ? data : data.slice();
    this.gpu.device.queue.writeBuffer(tensor.block.buffer, first * 4, own as Float32Array<ArrayBuffer>);
  }

  copy(from: GpuTensor, to: GpuTensor, first = 0, count = from.size, place = 0): void {
    if (from.isZero) this.clear(from);
    if (to.isZero && count < to.size) this.clear(to);
    to.changed();
    if (count === 0) return;
    this.openEncoder().copyBufferToBuffer(from.block.buffer, first * 4, to.block.buffer, place * 4, count * 4);
  }

  /** Contents as of now, once all queued work is done. Throws BackendError where the GPU failed before. */
  async read(tensor: GpuTensor): Promise<Float32Array | Int32Array> {
    this.check();
    if (tensor.isZero) this.clear(tensor);
    const bytes = tensor.size * 4;
    const block = this.staging.take(bytes);
    if (bytes > 0) this.openEncoder().copyBufferToBuffer(tensor.block.buffer, 0, block.buffer, 0, bytes);
    this.flush();
    try {
      await block.buffer.mapAsync(GPUMapMode.READ, 0, Math.max(8, bytes));
    } catch (error) {
      this.check();
      throw new BackendError(`the GPU did not answer: ${firstLine(error)}`);
    }
    const copied = block.buffer.getMappedRange(0, Math.max(8, bytes)).slice(0, bytes);
    block.buffer.unmap();
    this.staging.give(block);
    this.check();
    return tensor.dtype === 'int32' ? new Int32Array(copied) : new Float32Array(copied);
  }

  /** Gives back all buffers, once what was sent is done. */
  close(): void {
    this.flush();
    this.gpu.device.removeEventListener('uncapturederror', this.onError);
    this.groups.clear();
    this.pool.destroy();
    this.staging.destroy();
  }
}
