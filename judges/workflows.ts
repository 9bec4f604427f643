import { spawnSync } from 'child_process';
import { existsSync, readdirSync, readFileSync } from 'fs';
import * as path from 'path';

/** The version of actionlint that was tested with the workflows of this project. Go downloads actionlint from a module proxy. */
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const root = path.join(__dirname, '..');
const workflows = path.join(root, '.github/workflows');
const folder = path.join(__dirname, '.venv', 'go');
const program = path.join(folder, 'actionlint');

/** Go's install folder is not in the PATH of every shell. */
const env = { ...process.env, PATH: `${process.env.PATH}${path.delimiter}/usr/local/go/bin`, GOBIN: folder };

/** Returns the lines that use an action without a commit id, or without a comment with the version. A new version of projen can add such lines. */
const unpinned = (): string[] => readdirSync(workflows).flatMap((file) => readFileSync(path.join(workflows, file), 'utf8').split('\n')
  .filter((line) => /\buses: /.test(line) && !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)).map((line) => `${file}: ${line.trim()}`));

/** shellcheck is off, because projen writes most of the scripts. */
export function judgeWorkflows(): number {
  if (!existsSync(program) && spawnSync('go', ['install', ACTIONLINT], { env, stdio: 'inherit' }).status !== 0) {
    console.error('skipped: actionlint, because Go is not installed or actionlint cannot be downloaded');
    return 1;
  }
  const open = unpinned();
  open.forEach((line) => console.log(`not pinned: ${line}. Add the action to ACTIONS in build/workflows.ts`));
  const { status } = spawnSync(program, ['-shellcheck=', '-pyflakes='], { cwd: root, stdio: 'inherit' });
  const isClean = status === 0 && open.length === 0;
  console.log(`actionlint: GitHub's workflows, ${isClean ? 'nothing found' : 'see above'}`);
  return isClean ? 0 : 1;
}
