import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The other end of the wire, without a GDB. */
export class Client {
  private readonly socket: Socket;
  private received = "";

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1").setEncoding("latin1");
    this.socket.on("data", (text: string) => {
      this.received += text;
    });
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Waits for text that the expression matches and takes all that has come. */
  async expect(wanted: RegExp): Promise<string> {
    while (!wanted.test(this.received)) await once(this.socket, "data");
    const text = this.received;
    this.received = "";
    return text;
  }

  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, "close");
  }

  close(): void {
    this.socket.destroy();
  }
}
