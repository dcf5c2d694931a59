import type { Socket } from "node:net";
import { framePacket, type GdbInput, PacketReader } from "./packet-reader.ts";

/** GDB at the other end of a socket: framing, acknowledgements, and packets that wait to be looked at. */
export class GdbConnection {
  /** Set when the session says so. */
  noAck = false;
  isClosed = false;
  private readonly socket: Socket;
  private readonly reader = new PacketReader();
  private readonly inputs: GdbInput[] = [];
  private last = "";

  /** @param changed told when there is something to look at */
  constructor(socket: Socket, changed: () => void) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.setNoDelay(true);
    socket.on("data", (text: string) => {
      this.inputs.push(...this.reader.feed(text));
      changed();
    });
    // A connection that breaks is one that ends.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isClosed = true;
      changed();
    });
  }

  /** The next packet, or the user's interruption; undefined when nothing waits. Answers what is only the wire's business. */
  next(): { readonly kind: "packet"; readonly payload: string } | { readonly kind: "interrupt" } | undefined {
    for (;;) {
      const input = this.inputs.shift();
      if (input === undefined || input.kind === "interrupt") return input;
      if (input.kind === "resend") this.socket.write(this.last, "latin1");
      else if (input.payload === null) this.acknowledge("-");
      else {
        this.acknowledge("+");
        return { kind: "packet", payload: input.payload };
      }
    }
  }

  private acknowledge(mark: string): void {
    if (!this.noAck) this.socket.write(mark);
  }

  send(payload: string): void {
    this.last = framePacket(payload);
    this.socket.write(this.last, "latin1");
  }

  /** Sends what waits to be sent, then ends the connection. */
  end(): void {
    this.socket.end();
  }
}
