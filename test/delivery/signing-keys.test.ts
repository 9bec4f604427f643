import { delivered } from './delivered';
import { SigningKeyType } from '../../src/contract/signing-keys';
import { Access } from '../../src/roles/vod-roles';
import { environmentOf, functionOf } from '../toolkit/functions';
import { grants, permissionsOf, rolePolicies } from '../toolkit/permissions';
import { catalogIn, testStack } from '../toolkit/stacks';
import { type CloudFormationTemplate, ofType, only, plain, readable, withoutHash } from '../toolkit/template';

describe('the signing keys of VodDelivery', () => {
  const template = delivered({ keyGenerations: ['2026-11', '2027-05'] }).json();
  const secrets = ofType(template, 'AWS::SecretsManager::Secret');

  test('each generation has a secret, a key pair and a public key with its name in the logical ids, in one key group', () => {
    for (const type of ['AWS::SecretsManager::Secret', 'Custom::VodKeyPair', 'AWS::CloudFront::PublicKey']) {
      expect(ofType(template, type).map(({ id }) => id)).toEqual([expect.stringContaining('202611'), expect.stringContaining('202705')]);
    }
    const keys = ofType(template, 'AWS::CloudFront::PublicKey').map(({ id }) => id);
    expect(only(template, 'AWS::CloudFront::KeyGroup').properties.KeyGroupConfig.Items).toEqual(keys.map((Ref) => ({ Ref })));
  });

  test('adding or removing a generation does not change the others', () => {
    const alone = delivered({ keyGenerations: ['2027-05'] }).json();
    for (const type of ['AWS::SecretsManager::Secret', 'Custom::VodKeyPair', 'AWS::CloudFront::PublicKey']) {
      const { id, resource } = only(alone, type);
      expect(template.Resources[id]).toEqual(resource);
    }
  });

  test('the caller reference contains the creation time, so a generation can be added again', () => {
    const pairs = ofType(template, 'Custom::VodKeyPair').map(({ id }) => withoutHash(id));
    const references = ofType(template, 'AWS::CloudFront::PublicKey').map(({ properties }) => readable(properties.PublicKeyConfig.CallerReference));
    expect(references).toEqual(pairs.map((id) => expect.stringContaining(`${id}.CreatedAt`)));
  });

  test('no secret has a value or a name in the template, and the custom resource gets no value', () => {
    for (const { properties, resource } of secrets) {
      expect(Object.keys(properties)).toEqual(['Description']);
      expect(resource.DeletionPolicy).toBe('RetainExceptOnCreate');
    }
    for (const [index, { properties }] of ofType(template, 'Custom::VodKeyPair').entries()) {
      expect(properties).toEqual({
        ServiceToken: { 'Fn::GetAtt': [expect.stringContaining('MakeKeyPair'), 'Arn'] }, ServiceTimeout: '300', SecretArn: { Ref: secrets[index].id }, KeyType: 'ecdsa-p256',
      });
    }
    expect(JSON.stringify(template)).not.toMatch(/PRIVATE KEY|resolve:secretsmanager/);
  });

  test('only make-key-pair can write a secret, and only make-key-pair and start-playback can read it', () => {
    const onSecrets = Object.entries(rolePolicies(template)).flatMap(([role, granted]) => grants(granted)
      .filter((grant) => /secretsmanager|^\S*\*/.test(grant)).map((grant) => `${withoutHash(role)}: ${grant}`));
    const each = (role: string, action: string) => secrets.map(({ id }) => `${role}: secretsmanager:${action} on ${withoutHash(id)}`);
    expect(onSecrets.sort()).toEqual([
      ...each('DeliveryKeysMakeKeyPairRole', 'GetSecretValue'), ...each('DeliveryKeysMakeKeyPairRole', 'PutSecretValue'), ...each('DeliveryStartPlaybackRole', 'GetSecretValue'),
    ]);
  });

  test('start-playback can only read a row and the keys, and write its log', () => {
    expect(permissionsOf(template, 'delivery/start-playback')).toEqual([
      'dynamodb:GetItem on CatalogTable.Arn', ...secrets.map(({ id }) => `secretsmanager:GetSecretValue on ${withoutHash(id)}`),
    ]);
  });

  test('start-playback is deployed after the key group', () => {
    expect(functionOf(template, 'delivery/start-playback').resource.DependsOn).toContain(only(template, 'AWS::CloudFront::KeyGroup').id);
  });

  test('start-playback gets the keys in the order of declaration, and the session duration', () => {
    const { SIGNING_KEYS, SESSION_SECONDS } = environmentOf(template, 'delivery/start-playback');
    const [first, second] = ofType(template, 'AWS::CloudFront::PublicKey').map(({ id }) => id);
    expect(JSON.parse(plain(SIGNING_KEYS, (id) => id))).toEqual([
      { keyPairId: first, secretArn: secrets[0].id }, { keyPairId: second, secretArn: secrets[1].id },
    ]);
    expect(SESSION_SECONDS).toBe('21600');
  });

  test('can create RSA keys', () => {
    expect(only(delivered({ keyType: SigningKeyType.RSA_2048 }).json(), 'Custom::VodKeyPair').properties.KeyType).toBe('rsa-2048');
  });

  test('passes the roles to start-playback', () => {
    const roles = (made: CloudFormationTemplate) => JSON.parse(environmentOf(made, 'delivery/start-playback').ROLES);
    expect(roles(template)).toEqual({});
    const stack = testStack();
    const catalog = catalogIn(stack, { roles: { viewers: Access.group('watchers'), admins: Access.group('bosses') } });
    expect(roles(delivered({ catalog }, stack).json())).toEqual({ viewers: ['watchers'], admins: ['bosses'] });
  });
});
