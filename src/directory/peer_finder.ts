/**
 * Looking others up in a directory, and what all requests to it need. Web pages
 * that do nothing else load nothing else.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { harmless } from "../base/text.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import {
  ask,
  type DirectoryAnswer,
  type DirectoryRequest,
  isTransient,
  readProblem,
  unreachable,
} from "./http.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import { parsePeerName, type PeerName } from "./names.ts";
import { RecordCache } from "./record_cache.ts";
import {
  readRecord,
  type RegisteredMethod,
  type SignedRecord,
} from "./record.ts";
import { isLocalUrl, usableMethods } from "./registered_methods.ts";

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
  /** How long one request may take, in milliseconds; `Infinity`: as long as the system lets it. Default: 5,000. */
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

const TIMEOUT_MS = 5_000;

/** Looks others up in a directory. */
export class PeerFinder {
  readonly url: string;
  readonly origin: string;
  readonly isLocalAllowed: boolean;
  readonly clock: Clock;
  readonly proxy: ProxyOption | undefined;
  readonly #pins: PinStore | undefined;
  readonly #timeoutMs: number;
  readonly #cache = new RecordCache();

  /** @throws {LektError} `INVALID_ARGUMENT` where `url` is no address of a directory. */
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
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.proxy = options.proxy;
    this.#pins = options.pins;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Looks somebody up, as `DirectoryClient` documents it. */
  async lookup(
    name: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<DirectoryPeer> {
    const wanted = parsePeerName(name);
    const record = await this.#fetch(wanted.nickname, options.signal);
    return await this.#judge(record, wanted);
  }

  /** Reads a registration that the directory gave for somebody. */
  async read(token: string, wanted: PeerName): Promise<DirectoryPeer> {
    const record = await this.#verify(token, wanted.nickname);
    return await this.#judge(record, wanted);
  }

  /** Asks the directory, at an address of it. */
  ask(
    url: string,
    request: Partial<DirectoryRequest>,
  ): Promise<DirectoryAnswer> {
    return ask(url, {
      timeoutMs: this.#timeoutMs,
      proxy: this.proxy,
      ...request,
    });
  }

  /** Where the directory has somebody. */
  peerUrl(nickname: string): string {
    return `${this.url}/v1/peers/${encodeURIComponent(nickname)}`;
  }

  async #fetch(
    nickname: string,
    signal: AbortSignal | undefined,
  ): Promise<SignedRecord> {
    const now = this.clock.now();
    const cached = this.#cache.get(nickname, now);
    let answer: DirectoryAnswer;
    try {
      answer = await this.ask(this.peerUrl(nickname), {
        signal,
        ...(cached && { headers: { "if-none-match": cached.etag } }),
      });
      if (isTransient(answer.status)) {
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
    const name = harmless(nickname);
    return new LektError(
      answer.status === 404 ? "UNREACHABLE" : "PROTOCOL",
      code === "not-found"
        ? `Cannot find ${name}: nobody is registered so at ${this.url}`
        : `Cannot look up ${name} at ${this.url}: ${detail}`,
      { reason: code },
    );
  }

  async #verify(token: string, nickname: string): Promise<SignedRecord> {
    const now = this.clock.now() / 1_000;
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
