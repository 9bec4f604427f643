import { App, Duration, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CustomerKeysStack } from './customer-keys-stack';
import { Access, Identity, OidcToken, ServerlessVod, SourceLifecycle } from '../../src';

const CERTIFICATE_ARN = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';

abstract class Mode extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    new ServerlessVod(this, 'Vod', {
      identity: this.identity(),
      roles: { uploaders: Access.group('editors'), viewers: Access.group('viewers'), admins: Access.group('video-admins') },
      appOrigins: this.appOrigins(),
    });
  }

  protected abstract identity(): Identity;

  protected appOrigins(): string[] {
    return ['https://app.example.com'];
  }
}

class EveryOption extends Mode {
  protected appOrigins(): string[] {
    return ['https://app.example.com', 'https://other.example.net'];
  }

  protected identity(): Identity {
    return Identity.userPool({
      userPool: { featurePlan: cognito.FeaturePlan.ESSENTIALS, mfa: cognito.Mfa.OPTIONAL, selfSignUpEnabled: true, passwordPolicy: { minLength: 16 } },
      userPoolClient: { idTokenValidity: Duration.minutes(15), refreshTokenValidity: Duration.days(7) },
      domain: {
        managedLoginVersion: cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        customDomain: { domainName: 'id.example.com', certificate: Certificate.fromCertificateArn(this, 'Certificate', 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555') },
      },
      refreshTokenRotation: true,
      publicClient: { callbackUrls: ['com.example.videos://callback'] },
      firstAdmin: 'ada@example.com',
    });
  }
}

class ExistingPool extends Mode {
  protected identity(): Identity {
    return Identity.fromUserPool(
      cognito.UserPool.fromUserPoolId(this, 'People', 'eu-west-1_EXAMPLE01'), cognito.UserPoolClient.fromUserPoolClientId(this, 'Web', '1example23456789'),
    );
  }
}

class AnyIssuer extends Mode {
  protected identity(): Identity {
    return Identity.oidc({ issuer: 'https://id.example.com/', audiences: ['https://videos.example.com/api'], token: OidcToken.ACCESS_TOKEN });
  }
}

class CustomAuthorizer extends Mode {
  protected identity(): Identity {
    const handler = new lambda.Function(this, 'WhoCalls', {
      runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => { throw new Error("Unauthorized"); };'),
    });
    return Identity.fromAuthorizer(new apigateway.TokenAuthorizer(this, 'Own', { handler }));
  }
}

class EveryFunctionOption extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    new ServerlessVod(this, 'Vod', {
      functions: {
        memorySize: 1024,
        timeout: Duration.seconds(29),
        logRetention: logs.RetentionDays.ONE_YEAR,
        tracing: lambda.Tracing.ACTIVE,
        vpc: ec2.Vpc.fromVpcAttributes(this, 'Network', {
          vpcId: 'vpc-12345678', availabilityZones: ['us-east-1a', 'us-east-1b'], privateSubnetIds: ['subnet-11111111', 'subnet-22222222'],
          privateSubnetRouteTableIds: ['rtb-11111111', 'rtb-22222222'],
        }),
        permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyName(this, 'Boundary', 'boundary'),
        layers: [lambda.LayerVersion.fromLayerVersionArn(this, 'Layer', 'arn:aws:lambda:us-east-1:123456789012:layer:observe:1')],
        environmentEncryption: new kms.Key(this, 'EnvironmentKey', { enableKeyRotation: true }),
        reservedConcurrentExecutions: 10,
      },
    });
  }
}

class CustomDomain extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    new ServerlessVod(this, 'Vod', {
      domainNames: ['videos.example.com'],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', CERTIFICATE_ARN),
      defaultBehavior: { origin: new HttpOrigin('app.example.com') },
      upload: { sourceLifecycle: SourceLifecycle.archiveAfterReady(Duration.days(30)) },
    });
  }
}

class Ingest extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    new ServerlessVod(this, 'Vod', { ingest: { defaultOwner: 'newsroom' }, upload: { sourceLifecycle: SourceLifecycle.deleteAfterReady(Duration.days(30)) } });
  }
}

type Name = 'every option' | 'an existing pool' | 'any issuer' | 'a custom authorizer' | 'customer\'s keys' | 'every function option' | 'a custom domain' | 'ingest';

export const MODES: Record<Name, new (app: App, id: string) => Stack> = {
  'every option': EveryOption,
  'an existing pool': ExistingPool,
  'any issuer': AnyIssuer,
  'a custom authorizer': CustomAuthorizer,
  'customer\'s keys': CustomerKeysStack,
  'every function option': EveryFunctionOption,
  'a custom domain': CustomDomain,
  'ingest': Ingest,
};
