import * as path from 'path';

/** npm options for the machine and its network. Every npm process needs them. */
const KEPT = ['cache', 'cafile', 'globalconfig', 'https_proxy', 'noproxy', 'proxy', 'registry', 'userconfig'].map((name) => `npm_config_${name}`);

const { npm_config_cafile: cafile, PATH = '' } = process.env;

/**
 * The environment for programs that a script starts outside the repository. npm passes its own options to scripts as variables. The environment contains only
 * the options in `KEPT`. npm also adds the programs of this repository to `PATH`. The environment omits these programs, because they would hide a missing
 * dependency of an example. pnpm and Yarn do not read npm's file of certificate authorities, so `NODE_EXTRA_CA_CERTS` names this file.
 */
export const childEnvironment: NodeJS.ProcessEnv = {
  ...cafile ? { NODE_EXTRA_CA_CERTS: cafile } : {},
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => KEPT.includes(name) || !/^npm_/i.test(name))),
  PATH: [path.dirname(process.execPath), ...PATH.split(path.delimiter).filter((folder) => !folder.includes('node_modules'))].join(path.delimiter),
};
