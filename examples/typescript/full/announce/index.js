// Receives an event when a video is ready. An event can arrive twice. If an action must happen only once for a video, store the videoId.
exports.handler = async ({ detail: { eventId, video: { title, durationSeconds } } }) => {
  console.log(JSON.stringify({ message: 'a video is ready', eventId, title, durationSeconds }));
};
