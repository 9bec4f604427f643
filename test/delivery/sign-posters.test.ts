import { App, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import { VodCatalog } from '../../src';
import { environmentOf, functionOf } from '../toolkit/functions';
import { permissionsOfRole } from '../toolkit/permissions';
import { catalogIn, deliveryIn, ENV, SERVICE_URL, templateOf, testStack, vodIn } from '../toolkit/stacks';
import { only } from '../toolkit/template';

const NAME = 'catalog/read-videos';
const secretActionsOf = (template: ReturnType<typeof templateOf>) =>
  permissionsOfRole(template, functionOf(template, NAME).role).filter((each) => each.startsWith('secretsmanager:'));

describe('signPosters', () => {
  test('the function that reads videos gets the keys that sign playback cookies, and is deployed after the key group', () => {
    const stack = testStack();
    const catalog = catalogIn(stack);
    deliveryIn(stack, { catalog, keyGenerations: ['1', '2'] }).signPosters(catalog);
    const template = templateOf(stack);
    expect(environmentOf(template, NAME).SIGNING_KEYS).toEqual(environmentOf(template, 'delivery/start-playback').SIGNING_KEYS);
    expect(secretActionsOf(template)).toEqual([expect.stringMatching(/^secretsmanager:GetSecretValue on DeliveryKeysSecret1/), expect.stringMatching(/^secretsmanager:GetSecretValue on DeliveryKeysSecret2/)]);
    expect(functionOf(template, NAME).resource.DependsOn).toContain(only(template, 'AWS::CloudFront::KeyGroup').id);
  });

  test('without a call, the function has neither the keys nor a permission', () => {
    const stack = testStack();
    deliveryIn(stack);
    const template = templateOf(stack);
    expect(environmentOf(template, NAME)).not.toHaveProperty('SIGNING_KEYS');
    expect(secretActionsOf(template)).toEqual([]);
  });

  test('ServerlessVod signs posters', () => {
    const stack = testStack({ env: ENV });
    vodIn(stack);
    expect(environmentOf(templateOf(stack), NAME)).toHaveProperty('SIGNING_KEYS');
  });

  test('rejects another catalog, an imported catalog and a second call', () => {
    const stack = testStack();
    const catalog = catalogIn(stack);
    const delivery = deliveryIn(stack, { catalog });
    const other = new VodCatalog(stack, 'Other', { url: SERVICE_URL });
    for (const wrong of [other, undefined, null, {}, 'catalog']) {
      expect(() => delivery.signPosters(wrong as VodCatalog)).toThrow(/catalog: expected the VodCatalog of this construct, got/);
    }
    delivery.signPosters(catalog);
    expect(() => delivery.signPosters(catalog)).toThrow('signPosters was called before');

    const importing = testStack();
    const imported = VodCatalog.fromTable(importing, 'Imported', { table: dynamodb.Table.fromTableName(importing, 'Table', 'videos'), url: SERVICE_URL, roles: {} });
    expect(() => deliveryIn(importing, { catalog: imported }).signPosters(imported as VodCatalog)).toThrow(/expected the VodCatalog of this construct/);
  });

  test('rejects a catalog of another stack, because the stacks would depend on each other', () => {
    const app = new App();
    const [one, two] = ['One', 'Two'].map((id) => new Stack(app, id, { env: ENV }));
    const catalog = catalogIn(one);
    expect(() => deliveryIn(two, { catalog }).signPosters(catalog)).toThrow(/expected a catalog in the stack of this construct/);
  });

  test('a customer-managed key of a secret also lets the function that reads videos decrypt', () => {
    const stack = testStack();
    const catalog = catalogIn(stack);
    const delivery = deliveryIn(stack, { catalog });
    delivery.signPosters(catalog);
    const key = new kms.Key(stack, 'Key');
    (delivery.node.findChild('Keys').node.findChild('Secret1') as any).kmsKeyId = key.keyArn;
    const template = templateOf(stack);
    const role = functionOf(template, NAME).role;
    expect(permissionsOfRole(template, role).filter((each) => each.startsWith('kms:'))).toEqual([expect.stringMatching(/^kms:Decrypt on Key/)]);
  });
});
