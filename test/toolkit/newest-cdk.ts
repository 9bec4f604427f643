import { version } from 'aws-cdk-lib/package.json';
import { peerDependencies } from '../../package.json';

/** Of how many rows one is run on the newest CDK. */
const ONE_OF = 5;

/**
 * All rows on the floor, a sample on the newest CDK: for props that our own checks refuse before the CDK makes anything of them. What the CDK makes of
 * props is tested in full on both.
 */
export function sampledOnNewest<Row>(rows: readonly Row[]): readonly Row[] {
  const isFloor = peerDependencies['aws-cdk-lib'] === `^${version}`;
  return isFloor ? rows : rows.filter((_, index) => index % ONE_OF === 0);
}
