import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { VodApi } from '../../src/api/vod-api';
import { VodCatalog } from '../../src/catalog/vod-catalog';
import { Access, groupsOf, rolesProblems, VodRoles } from '../../src/roles/vod-roles';
import { functionsOf } from '../toolkit/functions';
import { authIn, catalogIn, deliveryIn, SERVICE_URL, templateOf, testStack, uploadIn } from '../toolkit/stacks';
import { plain } from '../toolkit/template';

describe('roles', () => {
  test.each<[string, VodRoles | undefined, object]>([
    ['no roles', undefined, {}],
    ['an empty struct', {}, {}],
    ['every signed-in user', { uploaders: Access.signedIn(), viewers: Access.signedIn() }, {}],
    ['a group of uploaders', { uploaders: Access.group('makers') }, { uploaders: ['makers'] }],
    ['a group for each role', { uploaders: Access.group('makers'), viewers: Access.group('watchers'), admins: Access.group('bosses') }, { uploaders: ['makers'], viewers: ['watchers'], admins: ['bosses'] }],
    ['nobody', { uploaders: Access.nobody(), admins: Access.nobody() }, { uploaders: [], admins: [] }],
    ['a name with characters that JSON escapes', { viewers: Access.group('the "best"\\\n') }, { viewers: ['the "best"\\\n'] }],
  ])('%s', (_, roles, json) => {
    expect(groupsOf(roles)).toEqual(json);
  });

  test('the JSON is valid with lazy names and names that are known only at deploy time', () => {
    const stack = testStack();
    const parameter = new CfnParameter(stack, 'Group');
    const roles = {
      uploaders: Access.group(Lazy.string({ produce: () => 'say "late"' })),
      viewers: Access.group(parameter.valueAsString),
      // This string contains a CDK token, so the final group name has a different length. Synth must not check the length of the string.
      admins: Access.group(`${parameter.valueAsString}-admins-${'x'.repeat(120)}`),
    };
    expect(rolesProblems(roles).filter((problem) => problem !== undefined)).toEqual([]);
    const text = plain(stack.resolve(stack.toJsonString(groupsOf(roles))), (parameterName) => `value of ${parameterName}`);
    expect(JSON.parse(text)).toEqual({ uploaders: ['say "late"'], viewers: ['value of Group'], admins: [`value of Group-admins-${'x'.repeat(120)}`] });
  });

  test.each<[VodRoles, string]>([
    [{ uploaders: Access.group('') }, 'roles.uploaders: expected one string of 1 to 128 characters as the group name, got ""'],
    [{ viewers: Access.group('x'.repeat(129)) }, 'roles.viewers: expected one string of 1 to 128 characters as the group name, got 129 characters'],
    [{ admins: Access.group('') }, 'roles.admins: expected one string of 1 to 128 characters as the group name, got ""'],
    [{ admins: Access.signedIn() }, 'roles.admins: expected Access.group(\'admins\') or Access.nobody(), got Access.signedIn(), which would make everyone an admin'],
    [{ admins: 'admins' as unknown as Access }, 'roles.admins: expected Access.group(\'editors\') or another Access, got "admins"'],
    // An environment variable that is not set has the value `undefined`. This group name must not give the role to every user.
    [{ uploaders: Access.group(undefined!) }, 'roles.uploaders: expected one string of 1 to 128 characters as the group name, got none'],
    [{ uploaders: Access.group(['editors'] as unknown as string) }, 'roles.uploaders: expected one string of 1 to 128 characters as the group name, got ["editors"]'],
    [{ uploaders: 'editors' as unknown as Access }, 'roles.uploaders: expected Access.group(\'editors\') or another Access, got "editors"'],
    [{ viewers: Access.signedIn as unknown as Access }, 'roles.viewers: expected Access.group(\'editors\') or another Access, got the function signedIn'],
    [{ viewers: ['editors'] as unknown as Access }, 'roles.viewers: expected Access.group('],
    [{ uploaders: [Access.group('a'), Access.group('b')] as unknown as Access }, 'roles.uploaders: expected Access.group(\'editors\') or another Access, got a list of length 2. A role accepts one Access'],
    [{ uploaders: (Access.group as (...names: string[]) => Access)('a', 'b') }, 'roles.uploaders: expected Access.group with one name, got "a" and "b". A role accepts one group'],
  ])('rejects %j', (roles, message) => {
    expect(rolesProblems(roles).join()).toContain(message);
    expect(rolesProblems({ uploaders: Access.group('x'.repeat(128)), viewers: Access.signedIn(), admins: Access.group('x') }).join('')).toBe('');
  });

  test('an area uses the roles of its catalog', () => {
    const stack = testStack();
    const roles = { uploaders: Access.group('makers'), viewers: Access.group('watchers'), admins: Access.group('bosses') };
    const catalog = catalogIn(stack, { roles });
    uploadIn(stack, { catalog });
    deliveryIn(stack, { catalog });
    const rendered = functionsOf(templateOf(stack)).flatMap(({ environment }) => environment.ROLES ?? []).map((json) => JSON.parse(json));
    expect(rendered).toEqual(Array(4).fill({ uploaders: ['makers'], viewers: ['watchers'], admins: ['bosses'] }));
  });

  test('an area with open roles is rejected by an API whose VodAuth restricts them', () => {
    const stack = testStack();
    const api = new VodApi(stack, 'Api');
    const auth = authIn(stack, { roles: { viewers: Access.group('watchers'), uploaders: Access.group('makers') } });
    auth.guard(api);
    const open = new VodCatalog(stack, 'Open', { url: SERVICE_URL });
    const message = /^Test\/\w+: roles\.uploaders: expected a value, got none\. The VodAuth .*; roles\.viewers: expected a value, got none\. The VodAuth .*\. Pass the roles of the VodAuth, or set Access\.signedIn\(\) to allow every signed-in user$/;
    expect(() => open.addRoutes(api)).toThrow(message);
    expect(() => uploadIn(stack, { catalog: open }).addRoutes(api)).toThrow(message);
    expect(() => deliveryIn(stack, { catalog: open }).addRoutes(api)).toThrow(message);
    new VodCatalog(stack, 'Said', { url: SERVICE_URL, roles: { viewers: Access.signedIn(), uploaders: Access.signedIn() } }).addRoutes(api);
  });

  test('the catalog reports all errors at once', () => {
    const roles = { uploaders: Access.group(''), viewers: Access.group(''), admins: Access.group('') };
    expect(() => catalogIn(testStack(), { roles })).toThrow(/^Test\/Catalog: roles.uploaders: [^;]+; roles.viewers: [^;]+; roles.admins: [^;]+$/);
  });
});
