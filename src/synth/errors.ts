import type { IConstruct } from 'constructs';

/** An error in the props, told at synth in the user's own words. */
export class VodValidationError extends Error {
  constructor(path: string, problems: string[]) {
    super(`${path}: ${problems.join('; ')}`);
    this.name = 'VodValidationError';
  }
}

/** Throws once, with everything that is wrong. */
export function throwIfAny(scope: IConstruct, problems: (string | undefined)[]): void {
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new VodValidationError(scope.node.path, found);
}
