import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleGit } from 'simple-git';
import { UserError } from '../support/errors.js';
import { PROGRAM } from '../support/version.js';

export interface RevisionRun {
  /** As the user named it. */
  readonly revision: string;
  readonly commit: string;
  readonly folder: string;
}

export interface RevisionOptions {
  /** What to run, after "expobench". */
  readonly words: readonly string[];
  /** Runs are written to a folder of this, named by the commit. */
  readonly out: string;
  onStep?(revision: string, step: string): void;
}

/** The commit that a revision names in the repository here. Throws UserError where there is none. */
export async function commitOf(revision: string): Promise<string> {
  const git = simpleGit();
  if (!(await git.checkIsRepo().catch(() => false)))
    throw new UserError(`"${revision}": this folder is not in a git repository, so it has no revisions`);
  const commit = await git.revparse(['--verify', '--quiet', `${revision}^{commit}`]).catch(() => '');
  if (commit === '') throw new UserError(`"${revision}" is not a git revision here`);
  return commit;
}

/**
 * Checks out each revision of this program in a working tree of its own, builds it, and runs the same words in it, one after another. The
 * working trees are removed at the end. Throws UserError where a revision cannot be built or its run fails.
 */
export async function runRevisions(revisions: readonly string[], options: RevisionOptions): Promise<RevisionRun[]> {
  const commits: string[] = [];
  for (const revision of revisions) commits.push(await commitOf(revision));
  const root = await simpleGit().revparse(['--show-toplevel']);
  const place = mkdtempSync(join(tmpdir(), 'expobench-revisions-'));
  const cleanUp = (): void => {
    rmSync(place, { recursive: true, force: true });
    spawnSync('git', ['worktree', 'prune'], { cwd: root });
  };
  process.once('exit', cleanUp); // after Ctrl-C
  try {
    const runs: RevisionRun[] = [];
    for (const [r, revision] of revisions.entries()) {
      const commit = commits[r] as string;
      const done = runs.find((other) => other.commit === commit);
      if (done) {
        runs.push({ ...done, revision });
        continue;
      }
      const step = (what: string): void => options.onStep?.(revision, what);
      const tree = join(place, commit.slice(0, 12));
      step('checking out');
      await simpleGit(root).raw(['worktree', 'add', '--detach', '--quiet', tree, commit]);
      await build(root, tree, revision, step);
      const folder = join(options.out, commit.slice(0, 12));
      step(`running ${options.words.join(' ')}`);
      const main = join(tree, 'dist/cli/main.js');
      await run(revision, process.execPath, [main, ...options.words, '--out', folder], { progress: true });
      runs.push({ revision, commit, folder });
    }
    return runs;
  } finally {
    process.off('exit', cleanUp);
    cleanUp();
  }
}

/** Installs and builds. Packages that are installed here already, by the same lock file, are not installed again. */
async function build(root: string, tree: string, revision: string, step: (what: string) => void): Promise<void> {
  const file = join(tree, 'package.json');
  const { name } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }) : {};
  if (name !== PROGRAM.name)
    throw new UserError(`"${revision}" is not a revision of ${PROGRAM.name}: --run works in a working copy of it`);
  const [here, there] = [join(root, 'package-lock.json'), join(tree, 'package-lock.json')];
  const hasSame =
    existsSync(join(root, 'node_modules')) &&
    [here, there].every((path) => existsSync(path)) &&
    readFileSync(here).equals(readFileSync(there));
  if (hasSame) {
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'), 'junction');
    step('building');
    await run(revision, 'npm', ['run', 'build'], { cwd: tree });
  } else {
    step('installing and building');
    await run(revision, 'npm', ['ci', '--no-audit', '--no-fund'], { cwd: tree }); // builds, too
  }
}

/** Runs a command and waits; what it says is shown only where it fails, but its progress on a terminal. */
async function run(
  revision: string,
  command: string,
  words: readonly string[],
  { cwd, progress = false }: { cwd?: string; progress?: boolean },
): Promise<void> {
  const child = spawn(command, words, {
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', progress && process.stderr.isTTY ? 'inherit' : 'pipe'],
    shell: command === 'npm' && process.platform === 'win32',
  });
  const stop = (): boolean => child.kill();
  process.once('exit', stop);
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) => resolve(status ?? signal));
  });
  process.off('exit', stop);
  if (code === 0) return;
  const tail = Buffer.concat(said).toString().trim().split('\n').slice(-12).join('\n');
  throw new UserError(`"${revision}": ${[command, ...words].join(' ')} failed (${code}):\n${tail}`);
}
