import { spawn } from 'child_process';
import { childEnvironment } from './child-environment';

const DEFAULTS = { CDK_VALIDATION: 'false', JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION: '1', JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1' };

/**
 * The process groups of the running commands. When this process ends, it kills these groups, so that no command writes into a temporary folder that is being
 * deleted.
 */
const groups = new Set<number>();
process.on('exit', () => {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // The command has ended in the meantime.
    }
  }
});

/** Runs a command in a folder. Returns its output. Fails with the output if the exit status is not 0. */
export async function run(folder: string, command: string, args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const child = spawn(command, args, { cwd: folder, env: { ...childEnvironment, ...DEFAULTS, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  if (child.pid) groups.add(child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { output += text; });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', ({ message }) => reject(new Error(`${command} can't be started: ${message}`))).on('close', resolve);
  });
  groups.delete(child.pid!);
  if (status !== 0) throw new Error(`${[command, ...args].join(' ').slice(0, 300)} (in ${folder}) ended with exit status ${status}:\n${output.slice(-40_000)}`);
  return output;
}
