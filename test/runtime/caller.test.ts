import { callerFrom } from '../../src/runtime/caller';

describe('the claims of the Cognito authorizer', () => {
  test.each([
    ['no group', {}, []],
    ['one group', { 'cognito:groups': 'admins' }, ['admins']],
    ['several groups', { 'cognito:groups': 'admins,uploaders' }, ['admins', 'uploaders']],
    ['an empty claim', { 'cognito:groups': '' }, []],
    ['a claim of another form', { 'cognito:groups': ['admins'] }, []],
  ])('with %s', (_, claims, groups) => {
    expect(callerFrom({ claims: { sub: 'user-1', ...claims } })).toEqual({ userId: 'user-1', groups });
  });

  test.each([[{}], [{ sub: '' }], [{ sub: 1 }], [{ sub: ['user-1'] }]])('%j identify no caller', (claims) => {
    expect(callerFrom({ claims })).toBeUndefined();
    // `callerFrom` reads only `claims`.
    expect(callerFrom({ claims, principalId: 'user-2', groups: '["admins"]' })).toBeUndefined();
  });

  const token = (groups: unknown) => `e30.${Buffer.from(JSON.stringify({ 'sub': 'user-1', 'cognito:groups': groups })).toString('base64url')}.c2ln`;
  test.each<[string, string, string, string[]]>([
    ['one group whose name has a comma', token(['a,admins']), 'a,admins', ['a,admins']],
    ['one such group, after Bearer', `Bearer ${token(['a,admins'])}`, 'a,admins', ['a,admins']],
    ['such a group beside another', token(['x', 'a,admins']), 'x,a,admins', ['x', 'a,admins']],
    ['two groups', token(['a', 'admins']), 'a,admins', ['a', 'admins']],
    ['groups that are not those of the claims', token(['admins', 'b']), 'a,admins', []],
    ['groups of another form', token('a,admins'), 'a,admins', []],
    ['no groups', token(undefined), 'a,admins', []],
    ['another form', 'a,admins', 'a,admins', []],
    ['null as its payload', 'e30.bnVsbA.c2ln', 'a,admins', []],
  ])('whose token has %s', (_, authorization, joined, groups) => {
    expect(callerFrom({ claims: { 'sub': 'user-1', 'cognito:groups': joined } }, authorization)).toEqual({ userId: 'user-1', groups });
  });

  test('groups outside the claims are ignored', () => {
    expect(callerFrom({ claims: { sub: 'user-1' }, groups: '["admins"]' })).toEqual({ userId: 'user-1', groups: [] });
  });
});

describe('the response of a Lambda authorizer', () => {
  test.each([
    ['no groups', undefined, []],
    ['a list', '["admins","video editors"]', ['admins', 'video editors']],
    ['an empty list', '[]', []],
    ['no JSON', 'admins,uploaders', []],
    ['no list', '{"admins":true}', []],
    ['a text in JSON', '"admins"', []],
    ['null', 'null', []],
    ['a list with something else in it', '["admins",1]', []],
    ['no text', ['admins'], []],
  ])('with %s for groups', (_, groups, expected) => {
    expect(callerFrom({ principalId: 'user-1', integrationLatency: 1, groups })).toEqual({ userId: 'user-1', groups: expected });
  });

  test.each([[undefined], [null], [{}], [{ principalId: '' }], [{ principalId: 1 }], [{ groups: '["admins"]' }]])('%j identifies no caller', (authorizer) => {
    expect(callerFrom(authorizer)).toBeUndefined();
  });

  test('ignores claims that are a string', () => {
    expect(callerFrom({ principalId: 'user-1', claims: '{"sub":"user-2"}' })).toEqual({ userId: 'user-1', groups: [] });
  });
});
