import { createServer } from 'http';
import { listen } from './listen';

/**
 * The wanted ports, with a free one for each 0, all different. They must be known before the template is resolved, and so
 * before anything listens on them.
 */
export async function freePorts(wanted: number[]): Promise<number[]> {
  const held = await Promise.all(wanted.map((port) => listen(createServer().unref(), port)));
  await Promise.all(held.map(({ stop }) => stop()));
  return held.map(({ port }) => port);
}
