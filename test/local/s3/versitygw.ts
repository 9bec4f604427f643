import { execFileSync, spawn, spawnSync } from 'child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'fs';
import { homedir, tmpdir } from 'os';
import { join } from 'path';
import { REGION } from './fixture';
import { freePorts } from '../../../local/listen';
import type { Part } from '../../../local/types';

const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const VERSION = 'v1.8.0';
export const CREDENTIALS = { accessKeyId: 'conformance', secretAccessKey: 'conformance-secret' };

export const hasGo = (): boolean => spawnSync('go', ['version']).status === 0;

/** Returns the program. The first call builds the program, which takes minutes, and stores it outside the repository. */
function program(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'serverless-vod', `versitygw-${VERSION}`);
  const file = join(folder, 'versitygw');
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  execFileSync('go', ['install', `${MODULE}@${VERSION}`], { env: { ...process.env, GOBIN: folder }, stdio: ['ignore', 'inherit', 'inherit'] });
  return file;
}

/** Starts versitygw with its POSIX backend in a temporary folder. */
export async function startVersitygw(): Promise<Part & { readonly endpoint: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'versitygw-'));
  for (const name of ['data', 'sidecar']) mkdirSync(join(folder, name));
  const [port] = await freePorts([0]);
  // The metadata are in a separate folder, because temporary folders do not always support extended attributes.
  const child = spawn(program(), ['--port', `127.0.0.1:${port}`, '--region', REGION, 'posix', '--sidecar', join(folder, 'sidecar'), join(folder, 'data')], {
    env: { PATH: process.env.PATH, ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId, ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey }, stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => { child.once('exit', () => resolve()); });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };
  for (const end = Date.now() + 20_000; !await fetch(endpoint).then(() => true, () => false); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (child.exitCode === null && Date.now() < end) continue;
    await stop();
    throw new Error('versitygw did not start');
  }
  return { endpoint, stop };
}
