/**
 * A simulated host: it listens, dials, is killed and starts again.
 *
 * @module
 */
import { establish } from "../../src/connect/establish.ts";
import { Listener } from "../../src/connect/listener.ts";
import { parseMethod } from "../../src/transport/method.ts";
import type { Connection, Limits } from "../../mod.ts";
import type {
  Transport,
  TransportListener,
} from "../../src/transport/transport.ts";
import type { Link, Socket } from "./link.ts";
import type { Program } from "./program.ts";
import type { Ledger } from "./ledger.ts";
import type { Network } from "./direction.ts";

/** Where hosts are. */
export interface Surroundings extends Network {
  /** By the ids of links. */
  readonly ledgers: readonly Ledger[];
}

/** How a host's program ends without being asked. */
export type Crash = "killed" | "powerless";

/** Hands links to a listener. */
class SimulatedListener implements TransportListener {
  readonly method = parseMethod("tcp://127.0.0.1:15358");
  #ready: Transport[] = [];
  #waiters: ((transport: Transport | null) => void)[] = [];
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** One that comes when nobody listens any more is refused. */
  add(transport: Transport): void {
    if (this.#isClosed) return void transport.close();
    const waiter = this.#waiters.shift();
    if (waiter) waiter(transport);
    else this.#ready.push(transport);
  }

  accept(): Promise<Transport | null> {
    if (this.#isClosed) return Promise.resolve(null);
    const ready = this.#ready.shift();
    if (ready) return Promise.resolve(ready);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) waiter(null);
    for (const transport of this.#ready.splice(0)) transport.close();
    return Promise.resolve();
  }
}

/** A program on it has a listener, and dials others. */
export class Host {
  readonly id: number;
  readonly faults: string[] = [];
  #world: Surroundings;
  #limits: Limits;
  #isAlive = false;
  #transports!: SimulatedListener;
  #listener!: Listener;
  #programs = new Map<string, Program>();
  #sockets: Socket[] = [];
  #connections: Connection[] = [];

  constructor(world: Surroundings, id: number, limits: Limits) {
    this.#world = world;
    this.id = id;
    this.#limits = limits;
    this.restart();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** The program starts, unless it runs. */
  restart(): void {
    if (this.#isAlive) return;
    this.#isAlive = true;
    this.#transports = new SimulatedListener();
    this.#listener = new Listener([this.#transports], {
      nickname: `host ${this.id}`,
      accept: () => true,
      limits: this.#limits,
      onClose: () => {},
    });
    this.#serve(this.#listener);
  }

  /** The program runs no more; whoever it was connected with sees what the system makes of that. */
  crash(how: Crash): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const socket of this.#sockets) {
      const { sides } = this.#world.ledgers[socket.link.id]!;
      sides[socket.side]!.isDead = true;
      if (how === "killed") socket.die();
      else socket.vanish();
    }
    // What remains of it must not keep the simulation going.
    for (const connection of this.#connections) connection.abort();
    this.#sockets = [];
    this.#connections = [];
    this.#listener.close();
    const startsAgain = this.#world.prng.below(2) === 0;
    if (startsAgain) this.#world.time.schedule(() => this.restart(), 3_000);
  }

  /** What this program does with the other end of `link`. */
  expect(link: Link, program: Program): void {
    const [, socket] = link.ends;
    this.#programs.set(socket.address, program);
    const { latencyMs } = link.options;
    this.#world.time.schedule(() => {
      if (!this.#isAlive) return socket.close();
      this.#sockets.push(socket);
      this.#transports.add(socket);
    }, latencyMs);
  }

  /** Dials; resolves when the program is done, or there was no connection. */
  async connect(link: Link, program: Program): Promise<void> {
    const [socket] = link.ends;
    this.#sockets.push(socket);
    try {
      const { connection } = establish(socket, {
        role: "initiator",
        nickname: `host ${this.id}`,
        method: "tcp://127.0.0.1:15358",
        accept: () => true,
        limits: this.#limits,
      });
      await this.#run(await connection, socket, program);
    } catch {
      // There was no connection, which its ledger shows.
    }
  }

  /** Ends what is still connected. */
  endAll(): void {
    for (const connection of this.#connections) connection.close("the end");
  }

  /** Stops listening, and ends all. */
  shutdown(): void {
    if (this.#isAlive) this.#listener.shutdown();
  }

  async #serve(listener: Listener): Promise<void> {
    for await (const connection of listener) {
      const { address } = connection.remote;
      const socket = this.#sockets.find((each) => each.address === address);
      if (!socket) continue;
      this.#run(connection, socket, this.#programs.get(address)!);
    }
  }

  async #run(
    connection: Connection,
    socket: Socket,
    program: Program,
  ): Promise<void> {
    this.#connections.push(connection);
    // `closed` comes later, where what was written is still on its way.
    connection.ended.then(({ error }) => {
      if (error?.code === "TIMEOUT") this.#judgeSilence(socket);
    });
    await program.run(connection);
  }

  /** Nobody is taken for gone of whom a byte has come in time. */
  #judgeSilence(socket: Socket): void {
    const { silentMs, link, side } = socket;
    if (this.#world.ledgers[link.id]!.sides[side]!.isDead) return;
    const { silenceTimeoutMs } = this.#limits;
    if (silentMs >= silenceTimeoutMs - 2) return;
    this.faults.push(
      `link ${link.id}: side ${side} failed with TIMEOUT although a byte came ${silentMs} ms ago`,
    );
  }
}
