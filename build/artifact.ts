import { awscdk } from 'projen';

/** Configures the content of the published package, and the tasks that write and check this content. */
export function publishedFiles(project: awscdk.AwsCdkConstructLibrary): void {
  // npm also publishes README.md, LICENSE and package.json.
  project.package.addField('files', ['.jsii', 'NOTICE', 'assets', 'lib/**/*.d.ts', 'lib/**/*.js', 'openapi.json', 'rosetta']);
  // Users can import only these files of the package.
  project.package.addField('exports', {
    '.': { types: './lib/index.d.ts', default: './lib/index.js' },
    './.jsii': './.jsii',
    './openapi.json': './openapi.json',
    // Users' own functions import this module to read the table (docs/read-model.md).
    './read-model': { types: './lib/contract/read-model.d.ts', default: './lib/contract/read-model.js' },
    './package.json': './package.json',
  });
  project.package.setScript('prepack', 'tsx build/check-package.ts');

  project.addTask('bundle', { description: 'Bundle each handler into assets/', exec: 'tsx build/bundle.ts' });
  project.addTask('notice', { description: 'Write NOTICE, which names the packages in assets/ and their licenses', exec: 'tsx build/notice.ts' });
  project.annotateGenerated('/NOTICE');
  project.addTask('licenses', { description: 'Check the licenses of all packages that are bundled, published or installed', exec: 'tsx build/licenses.ts' });
  project.addTask('try-package', { description: 'Pack the last build, install the package in an empty folder and import it', exec: 'tsx build/try-package.ts' });
}
