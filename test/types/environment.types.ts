import type { Construct } from 'constructs';
import type { Environment } from '../../src/contract/environment';
import { readEnvironment } from '../../src/runtime/read-environment';
import { connection, Connection, permission } from '../../src/synth/connection';
import { connect, HandlerFunction, handlerFunction } from '../../src/synth/handler-function';

/* Each environment variable of a handler must be set exactly once, with a value of the right type. Lines after `@ts-expect-error` must not compile. */

declare const scope: Construct;
declare const table: Connection<'TABLE_NAME'>;
declare const view: Connection<'ROLES' | 'SERVICE_URL'>;
declare const signing: Connection<'SIGNING_KEYS'>;
declare const session: Connection<'SESSION_SECONDS'>;
const description = 'any';
const queue = permission(['sqs:SendMessage'], ['arn:aws:sqs:eu-west-1:111122223333:failed']);

// Coverage

handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [table, view, queue], environment: {} });
handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [view], environment: { TABLE_NAME: 'videos' } });
handlerFunction(scope, 'Reader', 'catalog/read-videos', {
  description, uses: [view, connection({ environment: { TABLE_NAME: 'videos' }, grant: (grantee) => queue.grant?.(grantee) })], environment: {},
});

// @ts-expect-error Property 'TABLE_NAME' is missing
handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [view], environment: {} });
// @ts-expect-error missing the following properties from type 'Values<
handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [table], environment: {} });
// @ts-expect-error '"TABLE_NAME is set twice"'
handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [table, view, table], environment: {} });
// @ts-expect-error Type 'string' is not assignable to type 'undefined'
handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [table, view], environment: { TABLE_NAME: 'videos' } });
handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [table, view, signing], environment: {} });
// @ts-expect-error '"catalog/read-videos does not read SESSION_SECONDS"'
handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [table, view, session], environment: {} });
// @ts-expect-error Type 'string' is not assignable to type 'undefined'
handlerFunction(scope, 'Reader', 'catalog/read-videos', { description, uses: [table, view], environment: { SECRET_ARN: 'arn' } });
// @ts-expect-error Argument of type '"catalog/raed-videos"' is not assignable
handlerFunction(scope, 'Reader', 'catalog/raed-videos', { description, uses: [table, view], environment: {} });

// Values

// @ts-expect-error Type 'string' is not assignable to type 'number'
handlerFunction(scope, 'Playback', 'delivery/start-playback', { description, uses: [table, view, signing], environment: { SESSION_SECONDS: '60' } });
// @ts-expect-error 'uploader' does not exist in type 'Roles'
connection({ environment: { ROLES: { uploader: 'editors' } } });
// @ts-expect-error 'TABLE_NAM' does not exist in type
connection({ environment: { TABLE_NAM: 'videos' } });

// Variables of a handler

const environment = readEnvironment('delivery/start-playback');
export const read: [number, readonly string[] | undefined] = [environment.SESSION_SECONDS, environment.ROLES.uploaders];
// @ts-expect-error Property 'SECRET_ARN' does not exist
export const foreign = environment.SECRET_ARN;
// @ts-expect-error Type 'number' is not assignable to type 'string'
export const mistaken: string = environment.SESSION_SECONDS;
// @ts-expect-error Property 'SERVICE_URL' is missing
export const incomplete: Environment<'catalog/read-videos'> = { TABLE_NAME: 'videos', ROLES: {} };

// Optional connections

declare const reader: HandlerFunction<'catalog/read-videos'>;
connect(reader, signing);
// @ts-expect-error SESSION_SECONDS is not optional for catalog/read-videos
connect(reader, session);
