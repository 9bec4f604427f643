import { App, Stack } from 'aws-cdk-lib';
import { CfnUserPoolGroup } from 'aws-cdk-lib/aws-cognito';
import { Access, ServerlessVod } from '../../src';

const stack = new Stack(new App(), 'Videos');
const { auth } = new ServerlessVod(stack, 'Vod', { roles: { uploaders: Access.signedIn() }, upload: { quotas: { openUploads: 10, uploadsPerDay: 1000 } } });
// The local stack creates a user for each group.
for (let n = 0; n < 10; n++) new CfnUserPoolGroup(stack, `Class${n}`, { userPoolId: auth.userPool!.userPoolId, groupName: `class-${n}` });
