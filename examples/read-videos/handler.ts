import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { detailsKey, readDetails, readVideo, videoKey } from 'serverless-vod/read-model';

const documents = DynamoDBDocumentClient.from(new DynamoDBClient());

async function get(Key: { pk: string; sk: string }) {
  const { Item } = await documents.send(new GetCommand({ TableName: process.env.TABLE_NAME, Key, ConsistentRead: true }));
  return Item;
}

/** A target of `onVideoReady`. Returns the video of the event, or null if the video was deleted after the event. */
export async function handler(event: { detail: { video: { videoId: string } } }) {
  const { videoId } = event.detail.video;
  const item = await get(videoKey(videoId));
  const video = readVideo(item);
  if (!video) return null;
  const { description } = readDetails(await get(detailsKey(videoId)), item);
  return { ...video, description };
}
