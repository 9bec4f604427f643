// Hears of each video that is ready. At least once: what must happen only once has to remember the videoId.
exports.handler = async ({ detail: { eventId, video: { title, durationSeconds } } }) => {
  console.log(JSON.stringify({ message: 'a video is ready', eventId, title, durationSeconds }));
};
