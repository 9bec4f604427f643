declare module 'dynalite' {
  /** A DynamoDB server over LevelDB; `close` closes the database too. */
  export default function dynalite(options: { path?: string; createTableMs: number }): import('http').Server;
}
