// A process of its own for one cold start. Arguments: the handler's file, and its first event as JSON; prints what both took in milliseconds.
const start = { cpu: process.cpuUsage(), wall: process.hrtime.bigint() };
const taken = () => {
  const { user, system } = process.cpuUsage(start.cpu);
  return { cpu: (user + system) / 1000, wall: Number(process.hrtime.bigint() - start.wall) / 1e6 };
};
const [, , file, event] = process.argv;
console.info = console.warn = () => undefined;
const { handler } = require(file);
const load = taken();
// An empty module has no handler; a handler may refuse its event, as the authorizer does.
const answer = Promise.resolve(handler?.(JSON.parse(event), { getRemainingTimeInMillis: () => 60_000 }));
answer.then((given) => given?.statusCode ?? 'done', (error) => error.message).then((outcome) => {
  process.stdout.write(JSON.stringify({ load, first: taken(), outcome }), () => process.exit());
});
