import type { ListedVerb } from './verb.js';

/** Every verb, in the order of help. A new one is a file in this folder and an entry here. */
export const verbs: readonly ListedVerb[] = [
  {
    command: 'quickstart',
    describe:
      'the main job, small: planted ratings, two-stage simulation with popularity-driven exposure, comparison of nine methods',
    load: async () => (await import('./quickstart.js')).quickstartCommand,
  },
  {
    command: 'datasets <action>',
    describe: 'list, fetch, prepare and export data',
    load: async () => (await import('./datasets.js')).datasetsCommand,
  },
  {
    command: 'simulate',
    describe: 'make click data with a chosen exposure mechanism, in two stages',
    load: async () => (await import('./simulate.js')).simulateCommand,
  },
  {
    command: 'shard <world>',
    describe: "draw a simulated world's final clicks in parts, on several machines, and join them",
    load: async () => (await import('./shard.js')).shardCommand,
  },
  {
    command: 'inspect <folder>',
    describe: 'look at data, simulated data beside its truth, in words and as a picture',
    load: async () => (await import('./inspect.js')).inspectCommand,
  },
  {
    command: 'train',
    describe: 'train one model, evaluate it, and save its weights',
    load: async () => (await import('./train.js')).trainCommand,
  },
  {
    command: 'sweep <suite>',
    describe: 'run a suite: several methods on several data sets, several times each; goes on where it was stopped',
    load: async () => (await import('./sweep.js')).sweepCommand,
  },
  {
    command: 'worker',
    describe: 'take trials from a queue and run them, beside workers on other machines',
    load: async () => (await import('./worker.js')).workerCommand,
  },
  {
    command: 'task <folder> <round> <from>',
    describe: "what a job of Slurm's runs: a share of what was submitted with --slurm",
    load: async () => (await import('./task.js')).taskCommand,
  },
  {
    command: 'status [folder]',
    describe: 'what a queue, or a sweep on a cluster, is at: machines, what each does, done, failed, time left',
    load: async () => (await import('./status.js')).statusCommand,
  },
  {
    command: 'evaluate',
    describe: 'evaluate scores or lists of items that other programs made, or saved models, side by side',
    load: async () => (await import('./evaluate.js')).evaluateCommand,
  },
  {
    command: 'init [kind] [file]',
    describe: 'write a commented example of a suite, or of a program as a method, and its JSON Schema for editors',
    load: async () => (await import('./init.js')).initCommand,
  },
  {
    command: 'abtest',
    describe: 'deploy trained models in a simulated world and compare offline estimates with the clicks (Table 3)',
    load: async () => (await import('./abtest.js')).abTestCommand,
  },
  {
    command: 'replicate',
    describe: "test the paper's claims: run the suites that they rest on, and say of each whether it holds",
    load: async () => (await import('./replicate.js')).replicateCommand,
  },
  {
    command: 'report <run>',
    describe: "make a run's report.html again from its tables, figures and trials: one page that needs no network",
    load: async () => (await import('./report.js')).reportCommand,
  },
  {
    command: 'diff <before> <after>',
    describe: 'compare result tables cell by cell: of runs, of table files, of git revisions',
    load: async () => (await import('./diff.js')).diffCommand,
  },
  {
    command: 'doctor',
    describe: 'what this machine can compute with: backends, devices, their speed, and how to get what is missing',
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
];
