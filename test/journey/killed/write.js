const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DeleteCommand, DynamoDBDocumentClient, ScanCommand, UpdateCommand } = require('@aws-sdk/lib-dynamodb');

const { TABLE: TableName } = process.env;
// If the SDK retried a write, the row's version would increase twice.
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 1 }));

/** Returns null if the row does not exist. */
async function write(Command, videoId, more) {
  try {
    const { Attributes } = await documents.send(new Command({
      TableName, Key: { pk: `video#${videoId}`, sk: 'video' }, ConditionExpression: 'attribute_exists(pk)', ...more,
    }));
    return Attributes;
  } catch (error) {
    if (error.name !== 'ConditionalCheckFailedException') throw error;
    return null;
  }
}

async function rows(ExclusiveStartKey) {
  const { Items, LastEvaluatedKey } = await documents.send(new ScanCommand({
    TableName, ExclusiveStartKey, ConsistentRead: true, FilterExpression: 'sk = :video', ExpressionAttributeValues: { ':video': 'video' },
    ProjectionExpression: 'videoId, title, #status, version', ExpressionAttributeNames: { '#status': 'status' },
  }));
  return { rows: Items, next: LastEvaluatedKey };
}

exports.handler = async ({ edit, remove, read }) => {
  if (read) return rows(read.next);
  if (remove) return write(DeleteCommand, remove, { ReturnValues: 'ALL_OLD' });
  return write(UpdateCommand, edit.videoId, {
    UpdateExpression: 'SET title = :title ADD version :one, revision :one', ExpressionAttributeValues: { ':title': edit.title, ':one': 1 }, ReturnValues: 'ALL_NEW',
  });
};
