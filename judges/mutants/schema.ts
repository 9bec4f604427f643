import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { CelEngine, TemplateFile } from '@aws/cloudformation-validate';
import type { TemplateResource } from '../../test/toolkit/template';

/** Runs AWS's template validator on single resources, because the validation of a whole template takes a second. */
export class ResourceValidator {
  private readonly engine = new CelEngine();
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'mutants-'));

  newProblems(logicalId: string, before: TemplateResource, after: TemplateResource): string[] {
    const known = this.problems(logicalId, before);
    return this.problems(logicalId, after).filter((problem) => !known.includes(problem));
  }

  end(): void {
    this.engine.free();
    rmSync(this.folder, { recursive: true });
  }

  private problems(logicalId: string, resource: TemplateResource): string[] {
    const file = path.join(this.folder, 'template.json');
    writeFileSync(file, JSON.stringify({ Resources: { [logicalId]: { ...resource, DependsOn: undefined } } }));
    return this.engine.validateStandard(new TemplateFile(file)).diagnostics
      .filter(({ severity }) => severity !== 'INFO').map(({ ruleId, propertyPath, message }) => `${ruleId} ${propertyPath} ${message}`);
  }
}
