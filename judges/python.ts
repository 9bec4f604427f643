import { spawnSync } from 'child_process';
import { existsSync, mkdirSync } from 'fs';
import * as path from 'path';

const environment = path.join(__dirname, '.venv');

/** Two ignored rules: CDK's Function depends on its role twice (W3005), and the retention of log groups is set elsewhere (W3045). */
const LINT = ['-r', 'us-east-1', '-i', 'W3005', 'W3045', '--'];

export function program(name: string): string {
  return path.join(environment, 'bin', name);
}

export function install(): boolean {
  if (existsSync(program('cfn-lint'))) return true;
  mkdirSync(environment, { recursive: true });
  const made = spawnSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' });
  return made.status === 0
    && spawnSync(program('pip'), ['install', '--quiet', '-r', path.join(__dirname, 'requirements.txt')], { stdio: 'inherit' }).status === 0;
}

export function cfnLint(templates: readonly string[]): boolean {
  const { status } = spawnSync(program('cfn-lint'), [...LINT, ...templates], { stdio: 'inherit' });
  console.log(`cfn-lint: ${templates.length} templates, ${status === 0 ? 'nothing found' : 'see above'}`);
  return status === 0;
}
