import os

import boto3

# The newest format of the items that this code can read. See docs/read-model.md.
SCHEMA_VERSION = 1

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def get(video_id, kind):
    key = {"pk": f"video#{video_id}", "sk": kind}
    item = table.get_item(Key=key, ConsistentRead=True).get("Item")
    if item and item.get("schemaVersion", 0) > SCHEMA_VERSION:
        raise ValueError(f"the item {key} has the format {item['schemaVersion']}")
    return item


def handler(event, context):
    """A target of `onVideoReady`. Returns the video of the event, or None if the video was deleted after the event."""
    video_id = event["detail"]["video"]["videoId"]
    video = get(video_id, "video")
    if video is None or video["status"] == "deleting":
        return None
    details = get(video_id, "details") or video
    return {
        "videoId": video["videoId"],
        "title": video["title"],
        "owner": video["owner"],
        "source": video["source"],
        "media": video.get("media"),
        "durationSeconds": float(video["durationSeconds"]) if "durationSeconds" in video else None,
        "description": details.get("description"),
    }
