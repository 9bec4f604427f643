declare module 'dynalite' {
  export default function dynalite(options: { path?: string; createTableMs: number }): import('http').Server;
}

/** Internal modules of dynalite. Tests in `test/local/services/dynamodb` fail if one of these modules changes. */
declare module 'dynalite/db' {
  type Done = (error?: Error | null, value?: any) => void;

  export interface SubDatabase {
    lock(key: string, run: (release: (done: Done) => Done) => void): void;
    get(key: string, done: Done): void;
    put(key: string, value: unknown, done: Done): void;
    del(key: string, done: Done): void;
  }
  export interface Store {
    readonly db: import('classic-level').ClassicLevel<string, any>;
    getItemDb(table: string): SubDatabase;
    getIndexDb(type: string, table: string, index: string): SubDatabase;
    readonly lifecycleManager: { gracefulClose(): Promise<void> };
  }
  const parts: {
    create(options: { path?: string; createTableMs: number; maxItemSizeKb: number }): Store;
  };
  export default parts;
}

declare module 'dynalite/validations' {
  const parts: {
    checkTypes(input: object, types: object): object;
    checkValidations(input: object, types: object, custom: unknown, store: import('dynalite/db').Store): void;
  };
  export default parts;
}

declare module 'dynalite/validations/*' {
  const rules: { readonly types: object; readonly custom: unknown };
  export default rules;
}

declare module 'dynalite/actions/*' {
  export default function act(store: import('dynalite/db').Store, input: object, done: import('dynalite/db').Done): void;
}
