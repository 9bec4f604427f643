exports.handler = async ({ path, requestContext: { authorizer } }) => (
  { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ path, sub: authorizer.claims.sub }) });
