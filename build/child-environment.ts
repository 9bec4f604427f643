import * as path from 'path';

/** The npm options that every npm process needs, because they describe the machine and its network. */
const KEPT = ['cache', 'cafile', 'globalconfig', 'https_proxy', 'noproxy', 'proxy', 'registry', 'userconfig'].map((name) => `npm_config_${name}`);

const { npm_config_cafile: cafile, PATH = '' } = process.env;

/**
 * The environment for programs that a script starts outside the repository. npm passes its own options to scripts as environment variables. Of these variables,
 * this environment contains only the variables in `KEPT`. npm also adds the programs of this repository to `PATH`. These programs would hide a missing
 * dependency of an example, so this environment omits them. pnpm and Yarn do not read npm's file of certificate authorities, so `NODE_EXTRA_CA_CERTS` names
 * this file.
 */
export const childEnvironment: NodeJS.ProcessEnv = {
  ...cafile ? { NODE_EXTRA_CA_CERTS: cafile } : {},
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => KEPT.includes(name) || !/^npm_/i.test(name))),
  PATH: [path.dirname(process.execPath), ...PATH.split(path.delimiter).filter((folder) => !folder.includes('node_modules'))].join(path.delimiter),
};
