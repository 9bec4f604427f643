/** Logs each event on a separate line. */
exports.handler = async (event) => console.log(JSON.stringify(event));
