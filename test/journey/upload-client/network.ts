import { Socket } from 'net';

/** The network of this process. After `cut`, all open connections and all new connections fail, until `restore` is called. */
export class Network {
  private readonly sockets = new Set<Socket>();
  private isDown = false;

  constructor() {
    const { connect } = Socket.prototype;
    const { sockets } = this;
    const fail = (socket: Socket) => socket.destroy(Object.assign(new Error('connect ENETUNREACH'), { code: 'ENETUNREACH' }));
    const isDown = () => this.isDown;
    Socket.prototype.connect = function (this: Socket, ...options: any) {
      if (isDown()) {
        process.nextTick(() => fail(this));
        return this;
      }
      sockets.add(this);
      this.once('close', () => sockets.delete(this));
      return connect.apply(this, options);
    } as typeof connect;
  }

  cut(): void {
    this.isDown = true;
    for (const socket of this.sockets) socket.destroy(Object.assign(new Error('read ENETDOWN'), { code: 'ENETDOWN' }));
  }

  restore(): void {
    this.isDown = false;
  }
}
