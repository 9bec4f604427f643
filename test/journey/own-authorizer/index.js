// A custom authorizer that returns the policy in the token, for example `{"principalId":"grace","groups":"[\"uploaders\"]"}`. The token `exit` ends the
// process. Any other token becomes the message of an error.
exports.handler = async ({ type, methodArn, authorizationToken, headers }) => {
  const [, said] = type === 'TOKEN' ? ['', authorizationToken] : Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-caller');
  console.log(`asked for ${methodArn.split('/').slice(2).join('/')}`);
  if (said === 'exit') process.exit(1);
  if (!said.startsWith('{')) throw new Error(said);
  const { principalId, groups, effect = 'Allow', resource = methodArn.replace(/\/.*/, '/*'), ...more } = JSON.parse(said);
  const statement = { Action: 'execute-api:Invoke', Effect: effect, Resource: resource === 'asked' ? methodArn : resource };
  return { principalId, policyDocument: { Version: '2012-10-17', Statement: [statement] }, ...groups !== undefined && { context: { groups } }, ...more };
};
