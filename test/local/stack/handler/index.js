// The response to an API request contains the environment of the function.
exports.handler = async ({ ResponseURL, ResourceProperties, 'detail-type': type }) => {
  if (type === 'Scheduled Event') {
    const { EventBridgeClient, PutEventsCommand } = require('@aws-sdk/client-eventbridge');
    const entry = { Source: 'fixture', DetailType: 'night', Detail: '{"number":1}', EventBusName: process.env.BUS };
    return new EventBridgeClient().send(new PutEventsCommand({ Entries: [entry] }));
  }
  if (!ResponseURL) {
    const { MADE, SERVICE_URL, ISSUER, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
    return { statusCode: 200, body: JSON.stringify({ MADE, SERVICE_URL, ISSUER, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 }) };
  }
  const answer = ResourceProperties.Fail === 'yes' ? { Status: 'FAILED', Reason: 'as asked' }
    : { Status: 'SUCCESS', PhysicalResourceId: 'made', Data: { Value: `made at ${process.hrtime.bigint()}` } };
  await fetch(ResponseURL, { method: 'PUT', body: JSON.stringify(answer) });
  return undefined;
};
