import { readFileSync } from 'fs';
import * as path from 'path';
import { PROPS } from './props';

const ASSEMBLY = path.join(__dirname, '..', '..', 'test', 'public-api', 'assembly.json');

/**
 * Structs of props for areas that are created without `ServerlessVod`. `stacks.ts` sets their props from values of other structs, or from the constructs of
 * other areas.
 */
const BY_WIRING = ['VodApiProps', 'VodAuthProps', 'VodCatalogAttributes', 'VodCatalogProps', 'VodDeliveryProps', 'VodSweeperProps', 'VodTranscodeProps', 'VodUploadProps'];

/** Props of areas that refer to other areas. */
const NEIGHBOURS = ['url', 'catalog', 'api', 'sourceBucket', 'mediaBucket', 'table', 'transcode'];

interface Struct {
  readonly fqn: string;
  readonly name: string;
  readonly datatype?: boolean;
  readonly properties?: readonly { readonly name: string; readonly type: { readonly fqn?: string } }[];
}

/** Returns the public props in the stored assembly that have no row in `props.ts`. */
export function missingRows(types: readonly Struct[] = Object.values(JSON.parse(readFileSync(ASSEMBLY, 'utf8')).types)): string[] {
  const rows: Readonly<Record<string, object>> = PROPS;
  const structs = types.filter(({ datatype }) => datatype);
  const hasRow = (struct: string, { name, type }: { readonly name: string; readonly type: { readonly fqn?: string } }): boolean => {
    // The type of the prop is a struct whose props have rows.
    if (structs.some(({ fqn, name: options }) => fqn === type.fqn && options in rows)) return true;
    if (BY_WIRING.includes(struct)) return NEIGHBOURS.includes(name) || name in rows.ServerlessVodProps;
    return name in (rows[struct] ?? {});
  };
  return structs.flatMap(({ name, properties = [] }) => properties.filter((property) => !hasRow(name, property)).map((property) => `${name}.${property.name}`));
}
