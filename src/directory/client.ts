/**
 * The client's side of a directory: looking others up, registering, watching.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { harmless } from "../base/text.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import {
  ask,
  type DirectoryAnswer,
  isTransient,
  readProblem,
  unreachable,
} from "./http.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import type { Identity } from "./identity.ts";
import { Lease, type RegisterOptions } from "./lease.ts";
import { parsePeerName, type PeerName } from "./names.ts";
import { RecordCache } from "./record_cache.ts";
import {
  readRecord,
  type RegisteredMethod,
  type SignedRecord,
} from "./record.ts";
import { isLocalUrl, usableMethods } from "./registered_methods.ts";
import { readRelays } from "./named_relays.ts";
import { watchPeer } from "./watch_peer.ts";

/** Remembers which key held a nickname when it was first met; `PinFile` is one. */
export interface PinStore {
  /**
   * Compares a key with the first one, or remembers it as that; rejects where it is another one.
   *
   * @param directory The origin of the directory.
   * @param nickname The nickname that was met.
   * @param thumbprint The identity that was met under it.
   */
  check(
    directory: string,
    nickname: string,
    thumbprint: string,
  ): Promise<"new" | "known">;
}

/** How to use a directory; everything has a default. */
export interface DirectoryClientOptions {
  /** Where keys are pinned at first use. Default: nowhere, each key is taken as it comes. */
  pins?: PinStore;
  /**
   * Whether the directory may point us at this machine and its link: loopback
   * and link-local addresses, Unix sockets. Default: only where the directory
   * itself is on this machine.
   */
  allowLocal?: boolean;
  /** How long one request may take, in milliseconds. Default: 5,000. */
  timeoutMs?: number;
  /**
   * The proxy to go through: `socks5://HOST:PORT` or `http://HOST:PORT`
   * (CONNECT), with `USER:PASSWORD@` before the host where it asks for them. As a
   * function: the one for the directory's URL, or `undefined` for none, whatever
   * the environment says. Default: as `fetch` does, which heeds `ALL_PROXY`,
   * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
   */
  proxy?: ProxyOption;
  /** Tells the time. Default: the system's. */
  clock?: Clock;
}

/** Somebody who was looked up; what is said here is signed by their own key. */
export interface DirectoryPeer {
  /** Their nickname. */
  nickname: string;
  /** The thumbprint of their key: their identity. */
  thumbprint: string;
  /** How they can be reached, best first: only what this client knows and may use. */
  methods: RegisteredMethod[];
  /** base64url SHA-256 of the public key (SubjectPublicKeyInfo) of the certificate that they show when they dial, where they have one. */
  spki?: string;
  /** Until when this holds, in milliseconds since 1970. */
  expires: number;
  /** Whether their key was met before; left out where keys are not pinned. */
  pin?: "new" | "known";
}

/** A change that a watcher sees. */
export type PeerEvent =
  /** They registered, or changed or renewed their registration. */
  | { type: "put"; peer: DirectoryPeer }
  /** They are not registered now. */
  | { type: "gone" };

const TIMEOUT_MS = 5_000;

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
  #pins: PinStore | undefined;
  #timeoutMs: number;
  #clock: Clock;
  #proxy: ProxyOption | undefined;
  #cache = new RecordCache();

  /**
   * Names the directory; nothing is asked yet.
   *
   * @param url Such as `http://127.0.0.1:15359` or `https://dir.example`.
   * @param options What is to differ from the defaults.
   * @throws {LektError} `INVALID_ARGUMENT` where that is no such address.
   */
  constructor(url: string | URL, options: DirectoryClientOptions = {}) {
    const parsed = URL.parse(url);
    if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot use "${url}" as a directory: expected http://HOST:PORT or https://HOST`,
      );
    }
    this.origin = parsed.origin;
    this.url = this.origin + parsed.pathname.replace(/\/+$/, "");
    this.isLocalAllowed = options.allowLocal ?? isLocalUrl(parsed);
    this.#pins = options.pins;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#proxy = options.proxy;
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
    const wanted = parsePeerName(name);
    const record = await this.#fetch(wanted.nickname, options.signal);
    return await this.#judge(record, wanted);
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
    const events = watchPeer(
      `${this.#peerUrl(wanted.nickname)}/events`,
      this.#clock,
      options.signal ?? new AbortController().signal,
      this.#proxy,
    );
    for await (const token of events) {
      if (token === undefined) {
        yield { type: "gone" };
        continue;
      }
      const record = await this.#verify(token, wanted.nickname);
      yield { type: "put", peer: await this.#judge(record, wanted) };
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
    const answer = await ask(url, {
      timeoutMs: this.#timeoutMs,
      proxy: this.#proxy,
      signal: options.signal,
    });
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
      clock: this.#clock,
      ask: (nickname, request) =>
        ask(this.#peerUrl(nickname), {
          timeoutMs: this.#timeoutMs,
          proxy: this.#proxy,
          ...request,
        }),
    };
  }

  #peerUrl(nickname: string): string {
    return `${this.url}/v1/peers/${encodeURIComponent(nickname)}`;
  }

  async #fetch(
    nickname: string,
    signal: AbortSignal | undefined,
  ): Promise<SignedRecord> {
    const now = this.#clock.now();
    const cached = this.#cache.get(nickname, now);
    let answer: DirectoryAnswer;
    try {
      answer = await ask(this.#peerUrl(nickname), {
        timeoutMs: this.#timeoutMs,
        proxy: this.#proxy,
        signal,
        ...(cached && { headers: { "if-none-match": cached.etag } }),
      });
      if (answer.status >= 500 || answer.status === 429) {
        throw unreachable(this.url, readProblem(answer).detail);
      }
    } catch (error) {
      if (cached && (error as LektError).code === "UNREACHABLE") {
        return cached.record;
      }
      throw error;
    }
    if (answer.status === 304 && cached) return cached.record;
    if (answer.status !== 200) throw this.#refusal(nickname, answer);
    const record = await this.#verify(answer.text, nickname);
    if (
      cached?.record.thumbprint === record.thumbprint &&
      cached.record.seq > record.seq
    ) return cached.record;
    this.#cache.put(record, answer.headers.get("etag") ?? "");
    return record;
  }

  #refusal(nickname: string, answer: DirectoryAnswer): LektError {
    const { code, detail } = readProblem(answer);
    if (answer.status === 404) this.#cache.delete(nickname);
    if (code !== "not-found") {
      return new LektError(
        answer.status === 404 ? "UNREACHABLE" : "PROTOCOL",
        `Cannot look up ${harmless(nickname)} at ${this.url}: ${detail}`,
      );
    }
    return new LektError(
      "UNREACHABLE",
      `Cannot find ${
        harmless(nickname)
      }: nobody is registered so at ${this.url}`,
    );
  }

  async #verify(token: string, nickname: string): Promise<SignedRecord> {
    const now = this.#clock.now() / 1_000;
    const record = await readRecord(token, now).catch((cause) => {
      throw new LektError(
        "PROTOCOL",
        `Cannot use what ${this.url} says of ${harmless(nickname)}: ${
          messageOf(cause)
        }`,
        { cause },
      );
    });
    // The audience is not asked for: whoever signed this is reached by it, whichever directory it was signed for.
    if (record.nickname === nickname) return record;
    throw new LektError(
      "PROTOCOL",
      `Cannot use the answer of ${this.url}: asked for ${
        harmless(nickname)
      }, it gave a registration of ${harmless(record.nickname)}`,
    );
  }

  async #judge(
    record: SignedRecord,
    wanted: PeerName,
  ): Promise<DirectoryPeer> {
    const { nickname, thumbprint, spki, expiresAt, methods } = record;
    if (wanted.thumbprint !== undefined && wanted.thumbprint !== thumbprint) {
      throw new LektError(
        "REJECTED",
        `Cannot trust ${
          harmless(nickname)
        }: its key is ${thumbprint}, expected ${wanted.thumbprint}`,
        { by: "local", reason: "wrong key" },
      );
    }
    const pin = await this.#pins?.check(this.origin, nickname, thumbprint);
    return {
      nickname,
      thumbprint,
      methods: usableMethods(methods, this.isLocalAllowed),
      expires: expiresAt * 1_000,
      ...(spki === undefined ? {} : { spki }),
      ...(pin === undefined ? {} : { pin }),
    };
  }
}
