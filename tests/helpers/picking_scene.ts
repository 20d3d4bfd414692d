/**
 * A search for a connection method that a test leads by the hand.
 *
 * @module
 */
import { LektError } from "../../src/base/errors.ts";
import { DEFAULT_LIMITS } from "../../src/base/limits.ts";
import { type Method, parseMethod } from "../../src/transport/method.ts";
import { pickAndDial, type PickingOptions } from "../../src/connect/picking.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { ManualClock, settle } from "./manual_clock.ts";
import { memoryPair, type MemoryTransport } from "./memory_transport.ts";

/** A search over methods `a`, `b`, `c` … that a test leads by the hand. */
export class Scene {
  readonly clock = new ManualClock();
  /** What happened: `dial a`, `abort a`, `handshake a`. */
  readonly log: string[] = [];
  readonly #dials = new Map<string, PromiseWithResolvers<Transport>>();
  readonly #handshakes = new Map<string, PromiseWithResolvers<string>>();
  readonly transports = new Map<string, MemoryTransport>();
  outcome: Promise<string> = Promise.resolve("");

  start(names: string, options: Partial<PickingOptions<string>> = {}): void {
    const methods = [...names].map((name) =>
      parseMethod(`tcp://${name}.example:1`)
    );
    this.startWith(methods, options);
  }

  startWith(
    methods: Method[],
    options: Partial<PickingOptions<string>> = {},
  ): void {
    this.outcome = pickAndDial(methods, {
      clock: this.clock,
      dialTimeoutMs: DEFAULT_LIMITS.dialTimeoutMs,
      dialFault: () => undefined,
      dial: (method, signal) => this.#dial(nameOf(method), signal),
      handshake: (_transport, method) => this.#handshake(nameOf(method)),
      ...options,
    });
    this.outcome.catch(() => {});
  }

  async open(name: string): Promise<MemoryTransport> {
    const [transport] = memoryPair();
    this.transports.set(name, transport);
    this.#dials.get(name)!.resolve(transport);
    await settle();
    return transport;
  }

  async refuse(name: string): Promise<void> {
    const error = new LektError("UNREACHABLE", `Cannot reach ${name}: refused`);
    this.#dials.get(name)!.reject(error);
    await settle();
  }

  async finish(name: string, error?: Error): Promise<void> {
    const handshake = this.#handshakes.get(name)!;
    if (error === undefined) handshake.resolve(`connection by ${name}`);
    else handshake.reject(error);
    await settle();
  }

  #dial(name: string, signal: AbortSignal): Promise<Transport> {
    this.log.push(`dial ${name}`);
    signal.addEventListener("abort", () => this.log.push(`abort ${name}`));
    const dialling = Promise.withResolvers<Transport>();
    this.#dials.set(name, dialling);
    return dialling.promise;
  }

  #handshake(name: string): Promise<string> {
    this.log.push(`handshake ${name}`);
    const shaking = Promise.withResolvers<string>();
    this.#handshakes.set(name, shaking);
    return shaking.promise;
  }
}

function nameOf(method: Method): string {
  if (method.scheme === "unix") return method.path;
  return method.host.replace(".example", "");
}
