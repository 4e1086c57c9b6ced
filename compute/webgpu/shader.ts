/**
 * The way a shader uses a buffer it binds. `add` is +=: the shader calls add_NAME(index, value) for every element, once; where the
 * buffer counts as zeros, its contents are not read. `write` covers every element that anyone will read; `change` reads and writes.
 */
type Access = 'read' | 'write' | 'change' | 'add';
type Element = 'f32' | 'i32' | 'u32' | 'atomic<u32>';
type Binding = `${Access} ${Element}`;

/** A compute shader: its buffers and numbers in the order of the call, and its text in WGSL. */
export interface Shader {
  readonly name: string;
  readonly buffers: Readonly<Record<string, Binding>>;
  /** At most 16, with the one that is added for `add`. */
  readonly numbers: Readonly<Record<string, Element>>;
  /** Threads in a workgroup. */
  readonly size: number;
  /** Functions and shared variables that the body uses. */
  readonly library: string;
  /**
   * The body of main, which sees the numbers as p.NAME, `group`, the number of the workgroup, `lane`, the thread's number in it, and
   * place.z, where the grid is deep.
   */
  readonly body: string;
}

/** A shader made ready on a device. */
export interface Program {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly access: readonly Access[];
  /** Types of its numbers. */
  readonly types: readonly string[];
  readonly addsAny: boolean;
}

/** Names of buffers with what is done to them. */
export const accesses = ({ buffers }: Shader): Access[] =>
  Object.values(buffers).map((binding) => binding.split(' ')[0] as Access);

const SIZE = 256;

/** A shader of whole workgroups. */
export function grouped(
  name: string,
  buffers: Shader['buffers'],
  numbers: Shader['numbers'],
  body: string,
  { library = '', size = SIZE }: { readonly library?: string; readonly size?: number } = {},
): Shader {
  return { name, buffers, numbers, size, library, body };
}

/** A shader of one thread an element: the body sees its number as `i`; p.n, the first number, says how many there are. */
export function each(
  name: string,
  buffers: Shader['buffers'],
  numbers: Shader['numbers'],
  body: string,
  library = '',
): Shader {
  const guarded = `let i = group * ${SIZE}u + lane; if (i >= p.n) { return; }\n${body}`;
  return { name, buffers, numbers: { n: 'u32', ...numbers }, size: SIZE, library, body: guarded };
}

/** Shaders that differ in a size, each made once. */
export function bySize<Made>(make: (size: number) => Made): (size: number) => Made {
  const known = new Map<number, Made>();
  return (size) => {
    const made = known.get(size) ?? make(size);
    known.set(size, made);
    return made;
  };
}

/** The number that says, bit by bit, which `add` buffers count as zeros. */
export const FRESH = 'fresh';

/** Numbers of the call, with the one that is added. */
export function numbersOf({ buffers, numbers }: Shader): Record<string, Element> {
  const adds = Object.values(buffers).some((binding) => binding.startsWith('add'));
  return adds ? { ...numbers, [FRESH]: 'u32' } : { ...numbers };
}

/** The whole text. */
export function textOf(shader: Shader): string {
  const { buffers, size, library, body } = shader;
  const numbers = Object.entries(numbersOf(shader)).map(([name, type]) => `${name}: ${type}`);
  const bindings = Object.entries(buffers).map(([name, binding], index) => {
    const [access, type] = binding.split(' ') as [Access, Element];
    const mode = access === 'read' ? 'read' : 'read_write';
    const declared = `@group(0) @binding(${index}) var<storage, ${mode}> ${name}: array<${type}>;`;
    if (access !== 'add') return declared;
    return `${declared}
fn add_${name}(k: u32, value: f32) { ${name}[k] = select(${name}[k], 0.0, (p.${FRESH} & ${1 << index}u) != 0u) + value; }`;
  });
  return `requires immediate_address_space;
struct Numbers { ${numbers.join(', ')} }
var<immediate> p: Numbers;
${bindings.join('\n')}
${library}
@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) place: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
let group = place.y * grid.x + place.x;
${body}
}`;
}
