import { version } from 'aws-cdk-lib/package.json';
import { peerDependencies } from '../../package.json';

const SAMPLE_STEP = 5;

/**
 * Returns all rows with the oldest supported CDK, and every fifth row with a newer CDK. Use this function for props that the library rejects before CDK reads
 * them.
 */
export function sampledOnNewest<Row>(rows: readonly Row[]): readonly Row[] {
  const isFloor = peerDependencies['aws-cdk-lib'] === `^${version}`;
  return isFloor ? rows : rows.filter((_, index) => index % SAMPLE_STEP === 0);
}
