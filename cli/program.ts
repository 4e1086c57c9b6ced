import yargs, { type Argv } from 'yargs';
import { faultText, oneLine, StoppedError, sentenceOf, UserError } from '../support/errors.js';
import { discardPending } from '../support/pending.js';
import { PROGRAM } from '../support/version.js';
import { readInput, withInputNamed } from './input.js';
import { beginRun, type Io, type Run } from './io.js';
import { logger, startLogging } from './logging.js';
import { sayOptions } from './one_page.js';
import { stopBars } from './progress.js';
import type { ListedVerb } from './verb.js';
import { verbs } from './verbs.js';
import { checkWords, explainRefusal, refuseTwice, requireValues, withValuesJoined } from './words.js';

/** As shells tell what was ended by Ctrl-C. */
export const INTERRUPTED = 130;
export const MISTAKE = 2;

/**
 * Runs the program on the words that follow its name, and returns its exit code: 0, what the verb says, 2 for a mistake or a fault, 130 where the
 * user stopped it. Never throws, and never ends the process.
 */
export async function runProgram(words: readonly string[], io: Io): Promise<number> {
  const run = beginRun(io, words);
  const parser = parserOf(io, run);
  try {
    checkWords(words);
    await parser.parseAsync(withInputNamed(withValuesJoined(words)), {}, (_error, _argv, output) => {
      if (output !== '') io.out(`${output}\n`);
    });
    return run.code;
  } catch (error) {
    stopBars();
    if (error instanceof StoppedError) {
      io.err('expobench: stopped; what was finished is kept, the same command goes on from there\n');
      return INTERRUPTED;
    }
    const isRefusal = error instanceof Error && error.name === 'YError';
    report(isRefusal ? refusalOf(error.message, parser, run) : error, run);
    discardPending();
    return MISTAKE;
  } finally {
    for (const end of run.atEnd) end();
  }
}

/** What the parser of options has to say, as a mistake of the user's. */
const refusalOf = (message: string, parser: Argv, { words, saidOtherwise }: Run): UserError =>
  new UserError(`${explainRefusal(message, parser, words, saidOtherwise)} (see expobench --help)`);

/** One sentence for a mistake, a stack trace for a fault of ours or where asked for. */
function report(error: unknown, { io, words, shown }: Run): void {
  const sentence = sentenceOf(error);
  if (sentence === undefined || words.includes('--verbose')) logger().error(error);
  let text = oneLine(sentence ?? faultText(error));
  for (const [path, name] of shown) text = text.replaceAll(path, name);
  io.err(`expobench: ${text}\n`);
}

function parserOf(io: Io, run: Run): Argv {
  const parser: Argv = yargs()
    .scriptName('expobench')
    .usage('$0 <verb>\n\nDoes this recommender still work when exposure looks like THIS?')
    .option('verbose', {
      type: 'boolean',
      default: false,
      global: true,
      describe: 'stack traces and the log on stderr',
    })
    .option('log-file', { type: 'string', global: true, describe: 'write the log to a file, JSON lines' })
    .option('quiet', { type: 'boolean', default: false, global: true, describe: 'nothing but results and errors' })
    .middleware(async (argv) => {
      run.quiet = argv['quiet'] as boolean;
      const file = argv['log-file'] as string | undefined;
      await startLogging({ verbose: argv['verbose'] as boolean, file, write: io.err });
    })
    .middleware((argv): void => refuseTwice(argv, parser))
    .middleware((argv) => readInput(argv, io, run))
    .parserConfiguration({ 'populate--': true })
    .demandCommand(1, 'Name a verb, e.g. expobench quickstart')
    .recommendCommands()
    .strict()
    .completion('completion', 'print a script that completes verbs and options in bash or zsh')
    .help()
    .alias('h', 'help')
    .version(PROGRAM.version)
    .alias('v', 'version')
    .exitProcess(false)
    .wrap(Math.min(110, io.columns ?? 110))
    .fail((message, error): never => {
      throw error ?? refusalOf(message, parser, run);
    });
  for (const verb of verbs) addVerb(parser, verb, run);
  return parser;
}

/** The file of a verb is loaded when its options are asked for. */
function addVerb(parser: Argv, { command, describe, load }: ListedVerb, run: Run): void {
  parser.command({
    command,
    describe,
    builder: (async (own: Argv) => {
      const verb = await load();
      run.saidOtherwise = verb.saidOtherwise;
      sayOptions(own, command.split(' ')[0] as string, verb);
      requireValues(own);
    }) as never,
    handler: async (argv) => (await load()).handler(argv as never),
  });
}
