// Receives an event for each ready video, at least once. Store the videoId if an action must happen only once.
exports.handler = async ({ detail: { eventId, video: { title, durationSeconds } } }) => {
  console.log(JSON.stringify({ message: 'a video is ready', eventId, title, durationSeconds }));
};
