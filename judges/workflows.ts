import { spawnSync } from 'child_process';
import { existsSync } from 'fs';
import * as path from 'path';

/** The version that is checked on this project. A Go module proxy serves it. */
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const folder = path.join(__dirname, '.venv', 'go');
const program = path.join(folder, 'actionlint');

/** Go's installer puts its programs into a folder that is not in the PATH of every shell. */
const env = { ...process.env, PATH: `${process.env.PATH}${path.delimiter}/usr/local/go/bin`, GOBIN: folder };

/**
 * Checks GitHub's workflows with actionlint. Returns 1 if actionlint finds a problem or cannot be installed. actionlint would check scripts with shellcheck,
 * but projen writes most of the scripts, and shellcheck's advice depends on its version.
 */
export function judgeWorkflows(): number {
  if (!existsSync(program) && spawnSync('go', ['install', ACTIONLINT], { env, stdio: 'inherit' }).status !== 0) {
    console.error('skipped: actionlint, because Go is not installed or actionlint cannot be downloaded');
    return 1;
  }
  const { status } = spawnSync(program, ['-shellcheck=', '-pyflakes='], { cwd: path.join(__dirname, '..'), stdio: 'inherit' });
  console.log(`actionlint: GitHub's workflows, ${status === 0 ? 'nothing found' : 'see above'}`);
  return status === 0 ? 0 : 1;
}
