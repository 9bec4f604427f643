import { randomUUID } from 'crypto';
import type { Events } from './events';
import { firstLines } from '../../text';
import { AwsError, type AwsService, type Need } from '../../types';
import { jsonService, type Json } from '../json';

const MOST = 10;
/** The maximum total size of a request's entries, in bytes. */
const LARGEST = 1024 * 1024;
const TIME_BYTES = 14;
const MEMBERS = ['Source', 'DetailType', 'Detail', 'Time', 'Resources', 'EventBusName', 'TraceHeader'];

/** The error for an entry that AWS would reject, with AWS's message. */
class Refused extends AwsError {}

/**
 * The request header that names the scheduled rule to fire, in an unsigned POST request. A web page of another origin can't send this header without a CORS
 * preflight.
 */
const FIRE = 'x-local-fire-rule';

/**
 * An event is on disk before the response is sent.
 *
 * @param log - receives a line for each event on a missing bus, because AWS's response doesn't report such an event
 */
export function createPutEvents({ put, fire, buses, log }: Pick<Events, 'put' | 'fire' | 'buses'> & { log: (line: string) => void }): { service: AwsService } {
  function putEntry(entry: Json): Json {
    try {
      const { Source: source, DetailType, Time, Resources: resources = [], EventBusName } = entry;
      const event = { source, 'detail-type': DetailType, 'detail': detailOf(entry), resources, ...Time !== undefined && { time: new Date(Time * 1000) } };
      const bus = buses.nameOf(EventBusName);
      if (buses.has(bus)) return { EventId: put(event, bus) };
      log(`PutEvents: there is no event bus ${bus}. The event ${DetailType} is dropped, as in AWS`);
      return { EventId: randomUUID() };
    } catch (error) {
      if (error instanceof Refused) return { ErrorCode: error.code, ErrorMessage: error.message };
      // Any error other than `Refused` comes from the local stack, for example from a full disk.
      log(`PutEvents: ${firstLines(error as Error)}`);
      return { ErrorCode: 'InternalFailure', ErrorMessage: 'an internal error of the local stack' };
    }
  }

  const needOf = ({ Source, DetailType, EventBusName }: Json): Need => ({
    action: 'events:PutEvents',
    resource: buses.arnOf(EventBusName),
    context: { ...Source && { 'events:source': Source }, ...DetailType && { 'events:detail-type': DetailType } },
  });

  const service = jsonService('events', (_, input) => entriesOf(input).map(needOf), {
    PutEvents(input) {
      const Entries = entriesOf(input).map(putEntry);
      return { FailedEntryCount: Entries.filter(({ ErrorCode }) => ErrorCode).length, Entries };
    },
  });
  return {
    service: {
      ...service,
      unsigned({ method, headers: { [FIRE]: name } }, response) {
        if (method !== 'POST' || typeof name !== 'string') return false;
        const id = fire(name);
        response.writeHead(id ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(id ? { EventId: id } : { message: `the template has no scheduled rule ${name}` }));
        return true;
      },
    },
  };
}

function entriesOf({ Entries: entries, ...others }: Json): Json[] {
  const invalid = (why: string) => new AwsError('ValidationException', why);
  const [unknown] = Object.keys(others);
  if (unknown) throw invalid(`the local stack does not support ${unknown}`);
  if (!Array.isArray(entries) || entries.length < 1 || entries.length > MOST) {
    throw invalid(`1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length from 1 to ${MOST}`);
  }
  for (const entry of entries) {
    const isText = (name: string) => entry[name] === undefined || typeof entry[name] === 'string';
    const isWhole = entry !== null && typeof entry === 'object' && ['Source', 'DetailType', 'Detail', 'EventBusName'].every(isText)
      && (entry.Time === undefined || Number.isFinite(entry.Time)) && [entry.Resources ?? []].flat().every((text) => typeof text === 'string');
    if (!isWhole) throw new AwsError('SerializationException', 'expected text in Source, DetailType, Detail and EventBusName, a number in Time, and a list of texts in Resources');
    const foreign = Object.keys(entry).find((name) => !MEMBERS.includes(name));
    if (foreign) throw invalid(`the local stack does not support ${foreign} in an entry`);
  }
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > LARGEST) throw invalid('Total size of the entries in the request is over the limit.');
  return entries;
}

/** Returns the size of an entry in bytes, as the EventBridge User Guide defines it. */
function sizeOf({ Source, DetailType, Detail, Time, Resources = [] }: Json): number {
  return (Time === undefined ? 0 : TIME_BYTES) + [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
}

function detailOf(entry: Json): Json {
  const missing = ['Source', 'DetailType', 'Detail'].find((name) => !entry[name]);
  if (missing) throw new Refused('InvalidArgument', `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`);
  if (entry.Source.startsWith('aws.')) throw new Refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
  const detail = parsed(entry.Detail);
  if (detail === null || typeof detail !== 'object' || Array.isArray(detail)) throw new Refused('MalformedDetail', 'Detail is malformed.');
  return detail;
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
