/**
 * The client's side of a directory: looking others up, registering, watching.
 *
 * @module
 */
import { checkSignal } from "../base/signal.ts";
import { isTransient, readProblem, unreachable } from "./http.ts";
import type { Identity } from "./identity.ts";
import { Lease, type RegisterOptions } from "./lease.ts";
import { readRelays } from "./named_relays.ts";
import { parsePeerName } from "./names.ts";
import {
  type DirectoryClientOptions,
  type DirectoryPeer,
  PeerFinder,
} from "./peer_finder.ts";
import { isLocalUrl } from "./registered_methods.ts";
import { watchPeer } from "./watch_peer.ts";

export type {
  DirectoryClientOptions,
  DirectoryPeer,
  PinStore,
} from "./peer_finder.ts";

/** A change that a watcher sees. */
export type PeerEvent =
  /** They registered, or changed or renewed their registration. */
  | { type: "put"; peer: DirectoryPeer }
  /** They are not registered now. */
  | { type: "gone" };

/**
 * A directory, as a client uses it. Everything that the directory says about
 * others is checked against their signatures: it can refuse to serve, but it
 * cannot impersonate anybody whose key is known.
 *
 * @example Register, look up, and take back
 * ```ts
 * import { createIdentity, DirectoryClient, startDirectory } from "@lekt/lekt/directory";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using directory = await startDirectory({ port: 0 });
 * const client = new DirectoryClient(directory.url);
 *
 * const identity = await createIdentity();
 * const lease = await client.register(identity, {
 *   nickname: "bob",
 *   methods: ["tcp://192.0.2.7:15358"],
 * });
 * const bob = await client.lookup(`bob#${identity.thumbprint}`);
 * assertEquals(bob.methods[0]?.uri, "tcp://192.0.2.7:15358");
 *
 * await lease.unregister();
 * await assertRejects(() => client.lookup("bob"));
 * ```
 */
export class DirectoryClient {
  /** The directory's address, without a slash at its end. */
  readonly url: string;
  /** The directory's origin: what registrations are signed for, and what pins are kept under. */
  readonly origin: string;
  /** Whether methods that lead to this machine or its link are used. */
  readonly isLocalAllowed: boolean;
  readonly #finder: PeerFinder;

  /**
   * Names the directory; nothing is asked yet.
   *
   * @param url Such as `http://127.0.0.1:15359` or `https://dir.example`.
   * @param options What is to differ from the defaults.
   * @throws {LektError} `INVALID_ARGUMENT` where that is no such address.
   */
  constructor(url: string | URL, options: DirectoryClientOptions = {}) {
    const finder = new PeerFinder(url, options);
    this.url = finder.url;
    this.origin = finder.origin;
    this.isLocalAllowed = finder.isLocalAllowed;
    this.#finder = finder;
  }

  /**
   * Looks somebody up. While the directory cannot be reached, the last
   * registration that it gave is used until it expires.
   *
   * @param name A nickname, or `nickname#thumbprint`.
   * @param options What cancels it.
   * @throws {LektError} `UNREACHABLE` where nobody is registered so, or the
   * directory does not answer; `REJECTED`, by this side, where their key is
   * not the one named or pinned; `PROTOCOL` where the directory's answer is not
   * a good registration of theirs; `INVALID_ARGUMENT` where `name` is no name.
   */
  async lookup(
    name: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<DirectoryPeer> {
    return await this.#finder.lookup(name, options);
  }

  /**
   * Registers a nickname, and keeps it registered until the lease is ended:
   * refreshed at a third of its time, and again and again after a failure.
   *
   * @param identity Who registers.
   * @param options The nickname, and how it can be reached.
   * @throws {LektError} `REJECTED`, by the remote side, where the nickname is
   * another key's; `INVALID_ARGUMENT` where the directory refuses what is
   * registered; `UNREACHABLE` where it does not answer.
   */
  async register(
    identity: Identity,
    options: RegisterOptions,
  ): Promise<Lease> {
    const lease = new Lease(this.#endpoint(), identity, options);
    await lease.begin();
    return lease;
  }

  /**
   * Watches somebody: their present state first, then each change. Goes on
   * where the directory went away and came back, and ends when `signal` fires.
   *
   * @param name A nickname, or `nickname#thumbprint`.
   * @param options What cancels it.
   * @throws {LektError} as {@linkcode lookup}, except that a directory that does not answer is waited for.
   */
  async *watch(
    name: string,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<PeerEvent> {
    const wanted = parsePeerName(name);
    checkSignal("watch", options.signal);
    const events = watchPeer(
      `${this.#finder.peerUrl(wanted.nickname)}/events`,
      this.#finder.clock,
      options.signal ?? new AbortController().signal,
      this.#finder.proxy,
    );
    for await (const token of events) {
      if (token === undefined) {
        yield { type: "gone" };
        continue;
      }
      yield { type: "put", peer: await this.#finder.read(token, wanted) };
    }
  }

  /**
   * The relays that the directory names, as origins, best first: none where it
   * has none, or is older than relays. One that is on this machine is left out
   * where the directory is not.
   *
   * @param options What cancels it.
   * @throws {LektError} `UNREACHABLE` where the directory does not answer; `PROTOCOL` where its answer is none.
   */
  async relays(options: { signal?: AbortSignal } = {}): Promise<string[]> {
    const url = `${this.url}/v1/relays`;
    const answer = await this.#finder.ask(url, { signal: options.signal });
    if (answer.status === 404) return [];
    if (isTransient(answer.status)) {
      throw unreachable(this.url, readProblem(answer).detail);
    }
    const relays = readRelays(answer, this.url);
    return this.isLocalAllowed
      ? relays
      : relays.filter((relay) => !isLocalUrl(new URL(relay)));
  }

  #endpoint(): ConstructorParameters<typeof Lease>[0] {
    return {
      audience: this.origin,
      clock: this.#finder.clock,
      ask: (nickname, request) =>
        this.#finder.ask(this.#finder.peerUrl(nickname), request),
    };
  }
}
