declare module 'dynalite' {
  import type { Server } from 'http';

  /** A DynamoDB server over LevelDB; `close` closes the database too. */
  function dynalite(options: { path?: string; createTableMs?: number; deleteTableMs?: number; updateTableMs?: number }): Server;
  export = dynalite;
}
