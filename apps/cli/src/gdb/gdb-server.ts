import { createServer, type Server } from "node:net";
import type { DebugStop, DebugTarget } from "@hvdiff/lab";
import { CommandError, systemReason } from "../command-error.ts";
import { GdbConnection } from "./gdb-connection.ts";
import { type Answer, GdbSession } from "./gdb-session.ts";
import { endMessage, isGone } from "./stop-reply.ts";

/** Choice points between two looks at the socket: some milliseconds. */
const CHUNK = 50;
const HOST = "127.0.0.1";

/** How a guest is given to GDB. */
export interface GdbOptions {
  /** TCP port on the loopback interface; 0 for any free one. */
  readonly port: number;
  /** The guest stands still until GDB lets it go. */
  readonly stopped: boolean;
  /** Told once, when GDB can connect. */
  readonly onListening: (address: string) => void;
  /** Told after every stretch of execution. */
  readonly onProgress: () => void;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(new CommandError(`cannot listen on ${HOST}:${port}: ${systemReason(error)}`)),
    );
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : port);
    });
  });
}

/** Runs a guest to its end while GDB may come and go. */
class GdbServer {
  private readonly target: DebugTarget;
  private readonly options: GdbOptions;
  private connection: GdbConnection | null = null;
  private session: GdbSession | null = null;
  private running: boolean;
  private isKilled = false;
  private wake: () => void = () => {};

  constructor(target: DebugTarget, options: GdbOptions) {
    this.target = target;
    this.options = options;
    this.running = !options.stopped;
  }

  /** True when the guest has come to its end; false when GDB has killed it. */
  async serve(): Promise<boolean> {
    const server = createServer((socket) => {
      // One GDB at a time.
      if (this.connection !== null) socket.destroy();
      else this.connection = new GdbConnection(socket, () => this.wake());
      this.wake();
    });
    const port = await listen(server, this.options.port);
    this.options.onListening(`${HOST}:${port}`);
    try {
      while (!this.isOver()) await this.turn();
    } finally {
      this.connection?.end();
      server.close();
    }
    return !this.isKilled;
  }

  private isOver(): boolean {
    return this.isKilled || (this.target.outcome !== null && this.session === null && this.running);
  }

  private async turn(): Promise<void> {
    this.look();
    if (this.isOver()) return;
    if (this.running) this.execute();
    // While the guest stands still there is nothing to do but wait for GDB.
    await (this.running ? this.breathe() : this.somethingNew());
  }

  private breathe(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  private somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private execute(): void {
    const stop = this.target.run(CHUNK);
    this.options.onProgress();
    if (stop !== null && this.session !== null) this.tell(this.session, stop);
  }

  private tell(session: GdbSession, stop: DebugStop): void {
    this.running = false;
    const message = endMessage(this.target, stop);
    if (message !== null) this.connection!.send(message);
    this.connection!.send(session.stopped(stop));
    if (isGone(this.target, stop)) this.leave();
  }

  /** Deals with what has come from GDB. */
  private look(): void {
    const { connection } = this;
    if (connection === null) return;
    this.session ??= this.attach();
    for (let input = connection.next(); input !== undefined; input = connection.next()) {
      if (input.kind === "interrupt") this.interrupt(this.session);
      else this.answer(connection, this.session, input.payload);
      if (this.connection === null) return;
    }
    if (connection.isClosed) this.leave();
  }

  /** The guest stands still while GDB looks around. */
  private attach(): GdbSession {
    this.target.attach();
    this.running = false;
    return new GdbSession(this.target, this.target.interrupt());
  }

  private interrupt(session: GdbSession): void {
    if (this.running) this.tell(session, this.target.interrupt());
  }

  private answer(connection: GdbConnection, session: GdbSession, packet: string): void {
    const { reply, resume } = session.handle(packet);
    if (reply !== null) connection.send(reply);
    // The answer to the packet that switches acknowledgements off is itself acknowledged.
    connection.noAck = session.noAck;
    if (resume !== undefined) this.resume(resume);
  }

  private resume(resume: NonNullable<Answer["resume"]>): void {
    if (resume.kind === "run") {
      this.target.resume(resume.stepping);
      this.running = true;
    } else {
      this.isKilled = resume.kind === "kill";
      this.leave();
    }
  }

  /** GDB is gone; the guest goes on by itself. */
  private leave(): void {
    this.connection?.end();
    this.connection = null;
    this.session = null;
    this.target.detach();
    this.running = true;
  }
}

/**
 * Runs a guest to its end under GDB's remote serial protocol, over TCP on the loopback interface. True when the guest has come to its end; false
 * when GDB has killed it. Errors: `CommandError` where the port cannot be had.
 */
export function serveGdb(target: DebugTarget, options: GdbOptions): Promise<boolean> {
  return new GdbServer(target, options).serve();
}
