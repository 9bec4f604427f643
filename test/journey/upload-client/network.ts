import { Socket } from 'net';

/** The network of this process: all connections can be cut. Then each new connection fails until the network is restored. */
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
