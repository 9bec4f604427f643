import type { IConstruct } from 'constructs';

/** The prop names in the error are the names that the CDK user wrote. */
export class VodValidationError extends Error {
  constructor(path: string, problems: string[]) {
    super(`${path}: ${problems.join('; ')}`);
    this.name = 'VodValidationError';
  }
}

export function throwIfAny(scope: IConstruct, problems: (string | undefined)[]): void {
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new VodValidationError(scope.node.path, found);
}
