import { readFileSync } from 'fs';
import * as path from 'path';
import { PROPS } from './props';

const ASSEMBLY = path.join(__dirname, '..', '..', 'test', 'public-api', 'assembly.json');

/** Structs of areas that are used by themselves: `stacks.ts` gives them what the rows of others say, or their neighbours. */
const BY_WIRING = ['VodApiProps', 'VodAuthProps', 'VodCatalogAttributes', 'VodCatalogProps', 'VodDeliveryProps', 'VodSweeperProps', 'VodTranscodeProps', 'VodUploadProps'];

/** What those are given beside the props of the service: neighbours. */
const NEIGHBOURS = ['url', 'catalog', 'api', 'sourceBucket', 'mediaBucket', 'table', 'transcode'];

interface Struct {
  readonly fqn: string;
  readonly name: string;
  readonly datatype?: boolean;
  readonly properties?: readonly { readonly name: string; readonly type: { readonly fqn?: string } }[];
}

/** The public props without a row, as the stored assembly has them. */
export function missingRows(types: readonly Struct[] = Object.values(JSON.parse(readFileSync(ASSEMBLY, 'utf8')).types)): string[] {
  const rows: Readonly<Record<string, object>> = PROPS;
  const structs = types.filter(({ datatype }) => datatype);
  const hasRow = (struct: string, { name, type }: { readonly name: string; readonly type: { readonly fqn?: string } }): boolean => {
    // Options of their own, whose props have rows.
    if (structs.some(({ fqn, name: options }) => fqn === type.fqn && options in rows)) return true;
    if (BY_WIRING.includes(struct)) return NEIGHBOURS.includes(name) || name in rows.ServerlessVodProps;
    return name in (rows[struct] ?? {});
  };
  return structs.flatMap(({ name, properties = [] }) => properties.filter((property) => !hasRow(name, property)).map((property) => `${name}.${property.name}`));
}
