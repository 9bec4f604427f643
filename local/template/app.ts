import { execFile } from 'child_process';
import { existsSync, promises as fs, statSync } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { type Assembly, isAssembly, readAssembly } from './assembly';
import { ENVIRONMENT } from './resources';

const ROOT = path.join(__dirname, '..', '..');

export function appProblem(app: string): string | undefined {
  const expected = 'expected the file of a TypeScript or JavaScript CDK app, or the folder that cdk synth created (cdk.out)';
  if (!existsSync(app)) return `${expected}, but '${app}' does not exist`;
  if (statSync(app).isDirectory()) return isAssembly(app) ? undefined : `${expected}, but the folder '${app}' has no manifest.json`;
  return /\.[cm]?[jt]sx?$/.test(app) ? undefined : `${expected}, but the file '${app}' is not TypeScript or JavaScript. Run cdk synth in the folder of the app, and pass cdk.out`;
}

/** An app in a language other than TypeScript or JavaScript must be synthesized with the CDK CLI before this call. */
export async function assemblyOf(app: string, outputFolder: string): Promise<Assembly> {
  return statSync(app).isDirectory() ? readAssembly(app) : synthesize(app, outputFolder);
}

export async function synthesize(app: string, outputFolder: string): Promise<Assembly> {
  await fs.rm(outputFolder, { recursive: true, force: true });
  await fs.mkdir(outputFolder, { recursive: true });
  const { account: CDK_DEFAULT_ACCOUNT, region: CDK_DEFAULT_REGION } = ENVIRONMENT;
  // CDK's template validation is off: it takes seconds, and `npm test` already runs it.
  const env = { ...process.env, CDK_OUTDIR: outputFolder, CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, CDK_VALIDATION: 'false', ...librarySource(app) };
  await promisify(execFile)(process.execPath, ['--import', 'tsx', app], { env, maxBuffer: Infinity }).catch(({ stderr, code, signal }) => {
    const failed = `${app} failed to synthesize: expected the app to end with exit code 0, but it ended with ${signal ? `the signal ${signal}` : `exit code ${code}`}`;
    const reason = reasonIn(stderr);
    throw new Error(reason ? `${failed}. Fix this error of the app:\n${reason}` : `${failed} and printed no error. Find the line of the app that ends the process`);
  });
  if (!isAssembly(outputFolder)) throw new Error(`${app} created no cloud assembly: expected a CDK app with one stack. Call app.synth() at the end of the app`);
  return readAssembly(outputFolder);
}

/** An app in this repository imports the library's source by the package name. An app outside of this repository imports the library that it has installed. */
export function librarySource(app: string): { TSX_TSCONFIG_PATH?: string } {
  const outside = path.relative(ROOT, path.resolve(app)).startsWith('..');
  return outside ? {} : { TSX_TSCONFIG_PATH: path.join(ROOT, 'tsconfig.dev.json') };
}

/** If an uncaught value is not an Error, Node prints these lines before and after the value. */
const FROM_NODE = /^(node:internal\/|\s+triggerUncaughtException\(|\s*\^+$|\(Use `node --trace-uncaught |Node\.js v\d)/;

/** Omits Node's code excerpt, which can be a whole minified file. */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const isFrame = (line: string) => /^\s+at /.test(line);
  const from = lines.findIndex((line) => /^(Uncaught |\w*Error\b)/.test(line));
  if (from === -1) return lines.filter((line) => !FROM_NODE.test(line)).join('\n').trim();
  const frames = lines.findIndex((line, index) => index > from && isFrame(line));
  const place = lines.find((line) => isFrame(line) && !/node_modules|node:/.test(line));
  return [...lines.slice(from, frames === -1 ? undefined : frames), ...place ? [place] : []].join('\n');
}
