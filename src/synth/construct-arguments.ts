import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { VodValidationError } from './errors';
import { objectProblem, show } from './prop-checks';

/** Call this function in the argument of `super()`, so that no code reads the props before the check. */
export function checkedScope(scope: Construct, id: string, props: unknown, name = 'props'): Construct {
  const isScope = Construct.isConstruct(scope) && scope.node.scopes.some(Stack.isStack);
  const problems = [
    isScope ? undefined : `scope: expected a Stack, or a construct in a Stack, got ${show(scope)}`,
    objectProblem(name, props, 'an object of properties', { required: true }),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new VodValidationError([...isScope ? [scope.node.path] : [], id].join('/'), problems);
  return scope;
}
