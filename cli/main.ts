#!/usr/bin/env node
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { StoppedError } from '../benchmarks/runner.js';
import { DivergedError } from '../models/trainer.js';
import { explainFileError, UserError } from '../support/errors.js';
import { discardPending } from '../support/output.js';
import { PROGRAM } from '../support/version.js';
import { abTestCommand } from './abtest.js';
import { datasetsCommand } from './datasets.js';
import { diffCommand } from './diff.js';
import { doctorCommand } from './doctor.js';
import { initCommand } from './init.js';
import { inspectCommand } from './inspect.js';
import { askToStop } from './interrupt.js';
import { logger, startLogging } from './logging.js';
import { stopBars } from './progress.js';
import { quickstartCommand } from './quickstart.js';
import { replicateCommand } from './replicate.js';
import { reportCommand } from './report.js';
import { shardCommand } from './shard.js';
import { simulateCommand } from './simulate.js';
import { sweepCommand } from './sweep.js';
import { trainCommand } from './train.js';

const INTERRUPTED = 130;
const MISTAKE = 2;

process.on('SIGINT', () => {
  if (askToStop()) {
    process.stderr.write('\nexpobench: the trials that are running end first; Ctrl-C again stops at once\n');
    return;
  }
  discardPending();
  process.stderr.write(
    '\nexpobench: stopped; nothing half-written was kept (a sweep, a replication and a simulation in parts go on where they were when they are started again)\n',
  );
  // Ends by the signal, which shells show as 130: leaving while worker threads still load can abort the whole process.
  process.emit('exit', INTERRUPTED);
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
});
process.on('SIGTERM', () => {
  discardPending();
  process.exit(143);
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0); // the reader of a pipe has seen enough
  throw error;
});

const verbose = process.argv.includes('--verbose');

/** One sentence for a mistake, a stack trace for a fault of ours or where asked for. */
function report(error: unknown): void {
  const isAnswer = error instanceof UserError || error instanceof DivergedError;
  const sentence = isAnswer ? error.message : explainFileError(error);
  if (sentence === undefined || verbose) logger().error(error);
  process.stderr.write(
    `expobench: ${sentence ?? `${(error as Error)?.message ?? error} (a fault of the program; run again with --verbose and report it)`}\n`,
  );
}

try {
  await yargs(hideBin(process.argv))
    .scriptName('expobench')
    .usage('$0 <verb>\n\nDoes this recommender still work when exposure looks like THIS?')
    .command(quickstartCommand)
    .command(datasetsCommand)
    .command(simulateCommand)
    .command(shardCommand)
    .command(inspectCommand)
    .command(trainCommand)
    .command(sweepCommand)
    .command(initCommand)
    .command(abTestCommand)
    .command(replicateCommand)
    .command(reportCommand)
    .command(diffCommand)
    .command(doctorCommand)
    .option('verbose', {
      type: 'boolean',
      default: false,
      global: true,
      describe: 'stack traces and the log on stderr',
    })
    .option('log-file', { type: 'string', global: true, describe: 'write the log to a file, JSON lines' })
    .middleware((argv) =>
      startLogging({ verbose: argv['verbose'] as boolean, file: argv['log-file'] as string | undefined }),
    )
    .parserConfiguration({ 'populate--': true })
    .demandCommand(1, 'Name a verb, e.g. expobench quickstart. See expobench --help.')
    .recommendCommands()
    .strict()
    .version(PROGRAM.version)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      throw error ?? new UserError(`${message.replace(/\s*\n\s*/g, ' ')} (see expobench --help)`);
    })
    .parseAsync();
} catch (error) {
  stopBars();
  if (error instanceof StoppedError) {
    process.stderr.write('expobench: stopped; what was finished is kept, the same command goes on from there\n');
    process.exitCode = INTERRUPTED;
  } else {
    report(error);
    discardPending();
    process.exitCode = MISTAKE;
  }
}
