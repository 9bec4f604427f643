import { mkdirSync, readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import { bundledPackages } from './handlers';

/*
 * Writes dist/sbom.cdx.json in CycloneDX format. The file lists the packages whose code is in the handlers. The published package has no dependencies, so a
 * list of installed packages would name only development tools.
 */
const root = path.join(__dirname, '..');
const { ComponentBuilder } = Contrib.FromNodePackageJson.Builders;
/** The license factory calls this function for a license that is not an SPDX id. After the error, the factory stores the license as a name. */
const notAnExpression = (): never => { throw new Error('not an SPDX license id'); };
const builder = new ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  new Contrib.License.Factories.LicenseFactory(notAnExpression),
);

function component(folder: string): Models.Component {
  const made = builder.makeComponent(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')), Enums.ComponentType.Library)!;
  made.purl = new PackageURL('npm', made.group, made.name, made.version).toString();
  made.bomRef.value = made.purl;
  return made;
}

async function main(): Promise<void> {
  const subject = component(root);
  const bundled = (await bundledPackages()).map(({ folder }) => component(folder));
  for (const { bomRef } of bundled) subject.dependencies.add(bomRef);
  const bom = new Models.Bom({ components: new Models.ComponentRepository(bundled), metadata: new Models.Metadata({ component: subject }) });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  writeFileSync(path.join(root, 'dist/sbom.cdx.json'), serializer.serialize(bom, { sortLists: true, space: 2 }));
}

void main();
