import { type Gpu, GpuError, NUMBER_BYTES } from './device.js';
import { BufferPool } from './memory.js';
import { accesses, numbersOf, type Shader, textOf } from './shader.js';
import type { GpuTensor } from './tensors.js';

/** A shader made ready. */
interface Program {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly access: readonly ReturnType<typeof accesses>[number][];
  readonly types: readonly string[];
  readonly addsAny: boolean;
  /** Bindings by the numbers of their buffers. */
  readonly groups: Map<string, GPUBindGroup>;
}

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
  private readonly programs = new Map<Shader, Program>();
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private pending = 0;
  private failure: GpuError | undefined;
  private readonly numbers = new ArrayBuffer(NUMBER_BYTES);
  private readonly u32 = new Uint32Array(this.numbers);
  private readonly i32 = new Int32Array(this.numbers);
  private readonly f32 = new Float32Array(this.numbers);

  constructor(readonly gpu: Gpu) {
    const { device, largestBuffer } = gpu;
    const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.pool = new BufferPool(device, largestBuffer, STORAGE | COPY_SRC | COPY_DST);
    this.staging = new BufferPool(device, largestBuffer, MAP_READ | COPY_DST);
    device.addEventListener('uncapturederror', ({ error }) => {
      const what = error instanceof GPUOutOfMemoryError ? 'the GPU is out of memory' : 'the GPU refused work';
      this.failure ??= new GpuError(`${what}: ${error.message.split('\n')[0]}`);
    });
    void device.lost.then(({ reason, message }) => {
      this.failure ??= new GpuError(`the GPU was lost (${reason}): ${message.split('\n')[0]}`);
    });
  }

  private program(shader: Shader): Program {
    let program = this.programs.get(shader);
    if (!program) {
      program = this.make(shader);
      this.programs.set(shader, program);
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
    return { pipeline, layout, access, types, addsAny: access.includes('add'), groups: new Map() };
  }

  /** Queues a pass over the buffers of tensors with the shader's numbers, in `groups` workgroups, `deep` times. */
  run(shader: Shader, tensors: readonly GpuTensor[], numbers: readonly number[], groups: number, deep = 1): void {
    if (groups === 0) return;
    if (this.failure) throw this.failure;
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
      if (way !== 'read') {
        tensor.isZero = false;
        tensor.runs = undefined;
      }
    }
    return fresh;
  }

  private clear(tensor: GpuTensor): void {
    this.openEncoder().clearBuffer(tensor.block.buffer, 0, Math.max(4, tensor.size * 4));
    tensor.isZero = false;
  }

  private bindings({ layout, groups }: Program, tensors: readonly GpuTensor[]): GPUBindGroup {
    let key = '';
    for (const { block } of tensors) key += `${block.id},`;
    let group = groups.get(key);
    if (!group) {
      if (groups.size >= MOST_GROUPS) groups.clear();
      group = this.gpu.device.createBindGroup({
        layout,
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
    if (this.failure) throw this.failure;
    if (tensor.isZero && data.length < tensor.size) this.clear(tensor);
    this.flush();
    tensor.isZero = false;
    tensor.runs = undefined;
    if (data.length > 0)
      this.gpu.device.queue.writeBuffer(tensor.block.buffer, first * 4, data as Float32Array<ArrayBuffer>);
  }

  copy(from: GpuTensor, to: GpuTensor, first = 0, count = from.size, place = 0): void {
    if (from.isZero) this.clear(from);
    if (to.isZero && count < to.size) this.clear(to);
    to.isZero = false;
    to.runs = undefined;
    if (count === 0) return;
    this.openEncoder().copyBufferToBuffer(from.block.buffer, first * 4, to.block.buffer, place * 4, count * 4);
  }

  /** Contents as of now, once all queued work is done. Throws GpuError where the GPU failed before. */
  async read(tensor: GpuTensor): Promise<Float32Array | Int32Array> {
    if (this.failure) throw this.failure;
    if (tensor.isZero) this.clear(tensor);
    const bytes = tensor.size * 4;
    const block = this.staging.take(bytes);
    if (bytes > 0) this.openEncoder().copyBufferToBuffer(tensor.block.buffer, 0, block.buffer, 0, bytes);
    this.flush();
    try {
      await block.buffer.mapAsync(GPUMapMode.READ, 0, Math.max(8, bytes));
    } catch (error) {
      throw this.failure ?? new GpuError(`the GPU did not answer: ${(error as Error).message}`);
    }
    const copied = block.buffer.getMappedRange(0, Math.max(8, bytes)).slice(0, bytes);
    block.buffer.unmap();
    this.staging.give(block);
    if (this.failure) throw this.failure;
    return tensor.dtype === 'int32' ? new Int32Array(copied) : new Float32Array(copied);
  }

  /** Waits for everything queued. */
  async finish(): Promise<void> {
    this.flush();
    await this.gpu.device.queue.onSubmittedWorkDone();
    if (this.failure) throw this.failure;
  }
}
