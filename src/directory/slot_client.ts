/**
 * The client's side of slots: waiting at a number of a directory, and finding
 * who waits there.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { nicknameFault } from "../base/text.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import type { DirectoryClient } from "./client.ts";
import { ask, type DirectoryAnswer, readProblem, unreachable } from "./http.ts";
import { readMethods, type RegisteredMethod } from "./record.ts";
import { usableMethods } from "./registered_methods.ts";

/** Where somebody waits. */
export interface SlotClaims {
  /** What they call themselves. */
  readonly nickname: string;
  /** How they can be reached, each with the key that is shown there. */
  readonly methods: readonly RegisteredMethod[];
}

/** A slot of one's own. */
export interface OwnSlot {
  /** The number that it is found by. */
  readonly number: number;
  /** Until when it is, in seconds since 1970, by the directory's clock. */
  readonly expires: number;
  /** Whether the directory knows it still; rejects where it does not say. */
  isThere(signal: AbortSignal): Promise<boolean>;
  /** Gives it back; rejects where the directory cannot be reached, and then it lapses by itself. */
  withdraw(): Promise<void>;
}

/** How long one request may take, in milliseconds. */
const TIMEOUT_MS = 5_000;

/** What cannot be done, where it cannot. */
const LOOK_UP = "Cannot look a code up";

/** Slots of a directory. */
export class SlotClient {
  readonly #directory: DirectoryClient;
  readonly #proxy: ProxyOption | undefined;

  /** Names the directory, and the proxy that leads to it. */
  constructor(directory: DirectoryClient, proxy?: ProxyOption) {
    this.#directory = directory;
    this.#proxy = proxy;
  }

  /**
   * Makes a slot.
   *
   * @param claims Who waits, and where.
   * @param signal Cancels that.
   * @throws {LektError} `UNREACHABLE` where the directory cannot be reached or has too much to do; `INVALID_ARGUMENT` where it refuses what is said; `PROTOCOL` where it knows no slots.
   */
  async open(claims: SlotClaims, signal: AbortSignal): Promise<OwnSlot> {
    const answer = await this.#ask("", signal, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(claims),
    });
    const action = "Cannot get a code";
    if (answer.status !== 201) throw this.#refusal(action, answer);
    const { number, expires, token } = this.#read(action, answer);
    if (!isCount(number) || !isCount(expires) || typeof token !== "string") {
      throw this.#unusable(action);
    }
    return {
      number,
      expires,
      isThere: async (signal) => {
        const now = await this.#ask(`/${number}`, signal, {});
        if (isNobody(now)) return false;
        if (now.status !== 200) throw this.#refusal(LOOK_UP, now);
        // Somebody else may have the number by now.
        return this.#read(LOOK_UP, now)["expires"] === expires;
      },
      withdraw: async () => {
        const { signal } = new AbortController();
        const headers = { authorization: `Bearer ${token}` };
        await this.#ask(`/${number}`, signal, { method: "DELETE", headers });
      },
    };
  }

  /**
   * Finds who waits at a number.
   *
   * @param number The number.
   * @param signal Cancels that.
   * @return Who waits, with the methods that this side may use, best first; `undefined` where nobody does.
   * @throws {LektError} As {@linkcode open} does.
   */
  async find(
    number: number,
    signal: AbortSignal,
  ): Promise<SlotClaims | undefined> {
    const answer = await this.#ask(`/${number}`, signal, {});
    if (isNobody(answer)) return undefined;
    if (answer.status !== 200) throw this.#refusal(LOOK_UP, answer);
    const { nickname, methods } = this.#read(LOOK_UP, answer);
    if (typeof nickname !== "string" || nicknameFault(nickname)) {
      throw this.#unusable(LOOK_UP);
    }
    const { isLocalAllowed } = this.#directory;
    return {
      nickname,
      methods: usableMethods(readMethods(methods), isLocalAllowed),
    };
  }

  async #ask(
    path: string,
    signal: AbortSignal,
    request: {
      method?: string;
      headers?: Record<string, string>;
      body?: string;
    },
  ): Promise<DirectoryAnswer> {
    const url = `${this.#directory.url}/v1/slots${path}`;
    const answer = await ask(url, {
      timeoutMs: TIMEOUT_MS,
      proxy: this.#proxy,
      signal,
      ...request,
    });
    if (answer.status >= 500 || answer.status === 429) {
      throw unreachable(this.#directory.url, readProblem(answer).detail);
    }
    return answer;
  }

  #read(action: string, { text }: DirectoryAnswer): Record<string, unknown> {
    try {
      return Object(JSON.parse(text));
    } catch {
      throw this.#unusable(action);
    }
  }

  #refusal(action: string, answer: DirectoryAnswer): LektError {
    const { code, detail } = readProblem(answer);
    const isOld = code === "not-found" || code === "method-not-allowed";
    const state = isOld ? "it is of a version without codes" : detail;
    return new LektError(
      answer.status === 422 || answer.status === 400
        ? "INVALID_ARGUMENT"
        : "PROTOCOL",
      `${action} at ${this.#directory.url}: ${state}`,
    );
  }

  #unusable(action: string): LektError {
    return new LektError(
      "PROTOCOL",
      `${action}: the answer of ${this.#directory.url} is not that of a directory`,
    );
  }
}

/** Whether a directory says that nobody waits at a number. */
function isNobody(answer: DirectoryAnswer): boolean {
  return answer.status === 404 && readProblem(answer).code === "not-found";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
