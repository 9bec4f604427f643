import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { VodValidationError } from './errors';
import { objectProblem, show } from './prop-checks';

/**
 * The scope of a new construct. Fails unless it lies in a stack, and unless the props are an object: for the argument of `super`, before anything reads them.
 *
 * @param name of the parameter that has the props
 */
export function checkedScope(scope: Construct, id: string, props: unknown, name = 'props'): Construct {
  const isScope = Construct.isConstruct(scope) && scope.node.scopes.some(Stack.isStack);
  const problems = [
    isScope ? undefined : `scope: expected a construct in a stack, such as the Stack itself, got ${show(scope)}`,
    objectProblem(name, props, 'an object of properties', { required: true }),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new VodValidationError([...isScope ? [scope.node.path] : [], id].join('/'), problems);
  return scope;
}
