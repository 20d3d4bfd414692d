/**
 * A relay with a listener behind it, in this process.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { makeCertificate } from "@lekt/lekt/certificate";
import { createIdentity, type Identity } from "@lekt/lekt/directory";
import {
  type RelayLimits,
  type RelayServer,
  startRelay,
} from "@lekt/lekt/relay";
import { dial, type DialOptions } from "../../src/transport/dial.ts";
import { listenRelay } from "../../src/transport/relay_listener.ts";
import { signStatement } from "../../src/directory/relay_statement.ts";
import type {
  RelayListenOptions,
  RelayPlaceOptions,
  RelaySigner,
} from "../../src/transport/relay_place.ts";
import type {
  Transport,
  TransportListener,
} from "../../src/transport/transport.ts";
import { within, writeAll } from "../transport/compliance.ts";

/** The certificates of both sides. */
export const alice = await makeCertificate();
export const bob = await makeCertificate();

/** Limits that no test of something else reaches. */
export const PLENTY: Partial<RelayLimits> = {
  listenersPerAddress: 10_000,
  callsPerAddress: 10_000,
  callsPerListener: 10_000,
  callsPerMinute: 1_000_000,
  bytesPerSecond: 0,
  bytesPerCall: 0,
};

/** How a {@linkcode RelayScene} differs from the usual one. */
export interface SceneOptions {
  /** Limits of the relay besides {@linkcode PLENTY}. */
  limits?: Partial<RelayLimits>;
  /** How the listener lets others in. */
  listen?: RelayListenOptions;
  /** Who the listener is. Default: somebody new. */
  identity?: Identity;
  /** How the listener gets to the relay. */
  place?: Partial<RelayPlaceOptions>;
  /** The header in which callers say where they are. */
  addressHeader?: string;
}

/** A relay, and bob who listens there. */
export class RelayScene implements AsyncDisposable {
  /** The relay. */
  readonly relay: RelayServer;
  /** Bob. */
  readonly listener: TransportListener;
  readonly #open: Transport[] = [];

  private constructor(relay: RelayServer, listener: TransportListener) {
    this.relay = relay;
    this.listener = listener;
  }

  /** Starts both. */
  static async open(options: SceneOptions = {}): Promise<RelayScene> {
    const relay = await startRelay({
      port: 0,
      limits: { ...PLENTY, ...options.limits },
      ...(options.addressHeader
        ? { addressHeader: options.addressHeader }
        : {}),
    });
    const listener = await listenAt(relay.url, options);
    return new RelayScene(relay, listener);
  }

  /** The relay's port. */
  get port(): number {
    return Number(new URL(this.relay.url).port);
  }

  /** Bob's identity. */
  get thumbprint(): string {
    const { method } = this.listener;
    assert("thumbprint" in method);
    return method.thumbprint;
  }

  /** Alice dials, without waiting for bob to take it. */
  async dial(options: DialOptions = {}): Promise<Transport> {
    const how = { ...alice, pinnedKey: bob.spki, ...options };
    const dialled = await dial(this.listener.method, how);
    this.#open.push(dialled);
    return dialled;
  }

  /** Both ends of a call. */
  async call(options?: DialOptions): Promise<[Transport, Transport]> {
    const [dialled, accepted] = await Promise.all([
      this.dial(options),
      this.listener.accept(),
    ]);
    assert(accepted !== null);
    this.#open.push(accepted);
    return [dialled, accepted];
  }

  /** What the relay counts under a name, labels and all. */
  async metric(name: string): Promise<number> {
    const answer = await fetch(`${this.relay.url}/metrics`);
    const line = (await answer.text()).split("\n")
      .find((each) => each.startsWith(`lekt_relay_${name} `));
    assert(line !== undefined, name);
    return Number(line.split(" ")[1]);
  }

  /** Ends all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const transport of this.#open) transport.close();
    await this.listener.close();
    await this.relay.close();
  }
}

/** Bob listens at a relay. */
export async function listenAt(
  url: string,
  { listen, identity, place }: Pick<
    SceneOptions,
    "listen" | "identity" | "place"
  > = {},
): Promise<TransportListener> {
  return await listenRelay({
    url,
    signer: signerOf(identity ?? await createIdentity()),
    dialTimeoutMs: 10_000,
    ...place,
  }, { ...bob, ...listen });
}

/** Signs as somebody. */
export function signerOf(identity: Identity): RelaySigner {
  return {
    thumbprint: identity.thumbprint,
    sign: (claims) => signStatement(identity, claims, Date.now()),
  };
}

/** Shows that one side hears the other. */
export async function assertCarries(
  from: Transport,
  to: Transport,
): Promise<void> {
  await writeAll(from, new Uint8Array([7]));
  const into = new Uint8Array(1);
  assertEquals(await within(to.read(into), "a byte"), 1);
  assertEquals(into[0], 7);
}
