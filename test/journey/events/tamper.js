const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } = require('@aws-sdk/client-s3');
const { DynamoDBDocumentClient, UpdateCommand } = require('@aws-sdk/lib-dynamodb');

const { TABLE, BUCKET } = process.env;
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const s3 = new S3Client({ forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });

/** Writes a row in a newer format, which this version of the library cannot read. */
const edit = ({ videoId, title }) => documents.send(new UpdateCommand({
  TableName: TABLE,
  Key: { pk: `video#${videoId}`, sk: 'video' },
  UpdateExpression: 'SET schemaVersion = :newer, title = :title ADD version :one, revision :one',
  ExpressionAttributeValues: { ':newer': 99, ':title': title, ':one': 1 },
}));

/** `fix` converts the records to the current format, as a newer version of the library would. */
async function failed({ fix }) {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return Promise.all(Contents.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const text = await Body.transformToString();
    const fixed = text.replaceAll('\\"schemaVersion\\":{\\"N\\":\\"99\\"}', '\\"schemaVersion\\":{\\"N\\":\\"1\\"}');
    if (fix) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: fixed }));
    return { key: Key, content: JSON.parse(text) };
  }));
}

exports.handler = async (request) => {
  if (request.edit) await edit(request.edit);
  return request.failed ? failed(request.failed) : null;
};
