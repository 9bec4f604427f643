import { Token } from 'aws-cdk-lib';

/** What is wrong with a reserved concurrency. None at all would stop the function, so 0 is refused. */
export function reservedConcurrencyProblem(name: string, value: number | undefined): string | undefined {
  return value === undefined || Token.isUnresolved(value) || (Number.isInteger(value) && value >= 1)
    ? undefined : `${name}: expected a whole number of 1 or more, got ${value}`;
}
