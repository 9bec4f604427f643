import * as path from 'path';
import { loadAssemblyFromFile, writeAssembly } from '@jsii/spec';

/**
 * Replaces the repository's URL in .jsii. package.json has a `git+https://` URL, the form that npm publishes. jsii copies the URL to the packages of the other
 * languages, but PyPI accepts only `http` and `https` (https://github.com/pypi/warehouse/issues/10198).
 */
const root = path.join(__dirname, '..');
const assembly = loadAssemblyFromFile(path.join(root, '.jsii'), false);
const url = assembly.repository.url.replace(/^git\+/, '');
writeAssembly(root, { ...assembly, repository: { ...assembly.repository, url } });
