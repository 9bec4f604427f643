// Measures one cold start in a new process, and prints it as a `ColdStart` (cold-starts.ts). Arguments: the handler's file, and its first event as JSON.
const start = { cpu: process.cpuUsage(), wall: process.hrtime.bigint() };
const elapsed = () => {
  const { user, system } = process.cpuUsage(start.cpu);
  return { cpu: (user + system) / 1000, wall: Number(process.hrtime.bigint() - start.wall) / 1e6 };
};
const [, , file, event] = process.argv;
console.info = console.warn = () => undefined;
const { handler } = require(file);
const load = elapsed();
// The empty module of cold-starts.ts has no handler. The authorizer rejects its first event, so an error is a valid outcome.
const response = Promise.resolve(handler?.(JSON.parse(event), { getRemainingTimeInMillis: () => 60_000 }));
response.then((given) => given?.statusCode ?? 'done', (error) => error.message).then((outcome) => {
  process.stdout.write(JSON.stringify({ load, first: elapsed(), outcome }), () => process.exit());
});
