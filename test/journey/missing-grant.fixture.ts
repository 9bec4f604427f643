import { App, Aspects } from 'aws-cdk-lib';
import { CfnPolicy, PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { VideosStack } from '../../examples/typescript/full/videos-stack';

/** The full example without the permission to create the row of an upload. */
const stack = new VideosStack(new App(), 'Videos');
Aspects.of(stack).add({
  visit(node) {
    if (!(node instanceof CfnPolicy) || !node.node.path.includes('/ManageUploads')) return;
    const { Statement } = (node.policyDocument as PolicyDocument).toJSON();
    const withoutPut = ({ Action, ...others }: { Action: string | string[] }) => ({ ...others, Action: [Action].flat().filter((action) => action !== 'dynamodb:PutItem') });
    node.policyDocument = { Version: '2012-10-17', Statement: Statement.map(withoutPut) };
  },
});
