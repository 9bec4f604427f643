import { readFileSync } from 'fs';
import * as path from 'path';
import { PROPS } from './props';

const ASSEMBLY = path.join(__dirname, '..', '..', 'test', 'public-api', 'assembly.json');

/**
 * An app uses these props interfaces only if it does not use `ServerlessVod`. `stacks.ts` fills these interfaces with values of `ServerlessVodProps` and with
 * constructs of other areas.
 */
const BY_WIRING = ['VodApiProps', 'VodAuthProps', 'VodCatalogAttributes', 'VodCatalogProps', 'VodDeliveryProps', 'VodIngestProps', 'VodSweeperProps', 'VodTranscodeProps', 'VodUploadProps'];

const NEIGHBOURS = ['url', 'catalog', 'api', 'sourceBucket', 'mediaBucket', 'table', 'transcode', 'upload', 'ingest', 'sourceLifecycle', 'uploadsPerDay'];

interface Struct {
  readonly fqn: string;
  readonly name: string;
  readonly datatype?: boolean;
  readonly properties?: readonly { readonly name: string; readonly type: { readonly fqn?: string } }[];
}

export function missingRows(types: readonly Struct[] = Object.values(JSON.parse(readFileSync(ASSEMBLY, 'utf8')).types)): string[] {
  const rows: Readonly<Record<string, object>> = PROPS;
  const structs = types.filter(({ datatype }) => datatype);
  const hasRow = (struct: string, { name, type }: { readonly name: string; readonly type: { readonly fqn?: string } }): boolean => {
    // A prop needs no row if its type is an interface whose props have rows.
    if (structs.some(({ fqn, name: options }) => fqn === type.fqn && options in rows)) return true;
    if (BY_WIRING.includes(struct)) return NEIGHBOURS.includes(name) || name in rows.ServerlessVodProps;
    return name in (rows[struct] ?? {});
  };
  return structs.flatMap(({ name, properties = [] }) => properties.filter((property) => !hasRow(name, property)).map((property) => `${name}.${property.name}`));
}
