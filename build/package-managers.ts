/** npm options for the machine and its network. Every npm process needs them. */
const KEPT = ['cache', 'cafile', 'globalconfig', 'https_proxy', 'noproxy', 'proxy', 'registry', 'userconfig'].map((name) => `npm_config_${name}`);

const { npm_config_cafile: cafile } = process.env;

/**
 * The environment for a package manager that a script starts. npm passes its own options to scripts as variables. The inner package manager must not get these
 * options. pnpm and Yarn do not read npm's file of certificate authorities, so the environment tells Node.js to read this file.
 */
export const packageManagerEnvironment: NodeJS.ProcessEnv = {
  ...cafile ? { NODE_EXTRA_CA_CERTS: cafile } : {},
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => KEPT.includes(name) || !/^npm_/i.test(name))),
};
