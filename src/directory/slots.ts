/**
 * Slots: where somebody can be reached who has handed a short code to another
 * person, for ten minutes, by the number that the code begins with
 * (`PROTOCOL.md`, section 9, "Meeting by code"). The rest of the code never
 * comes here.
 *
 * @module
 */
import { createHash, randomBytes, randomInt } from "node:crypto";
import { answer, answerJson } from "./answer.ts";
import { readBody } from "./body.ts";
import type { Clock } from "./clock.ts";
import { SLOT_MS } from "./limits.ts";
import { nicknameFault } from "./names.ts";
import { Problem } from "./problem.ts";
import { readMethods, type RegisteredMethod } from "./record.ts";
import { checkMethods } from "./registered_methods.ts";
import type { DirectoryStore } from "./store.ts";

/** What a slot needs of the directory. */
export interface SlotSettings {
  /** Tells the time. */
  readonly clock: Clock;
  /** Fires when the directory is to end. */
  readonly closing: AbortSignal;
}

/** The highest numbers to draw from, one after the other: few digits as long as few codes are out. */
const NUMBERS_MAX = [99, 99, 99, 999, 999, 9_999, 9_999, 999_999, 999_999];

const NUMBER = /^[1-9]\d{0,5}$/;

/** A slot is made once and taken back once: no clocks, which may differ, decide which came later. */
const OPEN_SEQ = 1;
const WITHDRAWN_SEQ = 2;

/** Bytes of the token that gives a slot back. */
const TOKEN_SIZE = 24;

/**
 * The name that a store keeps a slot under: no nickname, as those hold no
 * control characters.
 */
function nameOf(number: number | string): string {
  return `\u001fslot ${number}`;
}

/** What the slot's maker says. */
interface SlotClaims {
  nickname: string;
  methods: RegisteredMethod[];
}

/** Keeps slots in the store of the nicknames: each is a registration that lapses with its claim. */
export class Slots {
  readonly #store: DirectoryStore;
  readonly #settings: SlotSettings;

  /** Takes the store, which it shares. */
  constructor(store: DirectoryStore, settings: SlotSettings) {
    this.#store = store;
    this.#settings = settings;
  }

  /**
   * Makes a slot of what the request says, under a free number.
   *
   * @throws {Problem} Where it is malformed, or no number was free.
   */
  async open(request: Request): Promise<Response> {
    const type = request.headers.get("content-type") ?? "";
    if (!/^application\/json *(?:;|$)/i.test(type)) {
      throw new Problem("wrong-type", {
        detail: "A slot must be application/json",
      });
    }
    const { clock, closing } = this.#settings;
    const claims = readClaims(await readBody(request, closing));
    const token = randomBytes(TOKEN_SIZE).toString("base64url");
    for (const numberMax of NUMBERS_MAX) {
      const number = randomInt(numberMax) + 1;
      const expires = clock.now() + SLOT_MS;
      const outcome = await this.#store.register({
        nickname: nameOf(number),
        key: hashOf(token),
        seq: OPEN_SEQ,
        expires,
        token: JSON.stringify(claims),
      }, expires);
      if (outcome !== "created") continue;
      return answerJson({ number, expires: secondsOf(expires), token }, 201);
    }
    throw new Problem("too-many", {
      detail: "No number is free",
      headers: { "retry-after": "60" },
    });
  }

  /**
   * Answers who waits at a number.
   *
   * @throws {Problem} `not-found` where nobody does.
   */
  async find(number: string): Promise<Response> {
    const found = NUMBER.test(number)
      ? await this.#store.lookup(nameOf(number))
      : undefined;
    if (!found) throw new Problem("not-found");
    const claims: SlotClaims = JSON.parse(found.token);
    const expires = secondsOf(found.expires);
    const headers = { "cache-control": "no-store" };
    return answerJson({ ...claims, expires }, 200, headers);
  }

  /**
   * Takes a slot back, for whoever has its token; the number stays taken until
   * the slot would have ended, so that nobody meets a stranger there.
   *
   * @throws {Problem} `unauthorized` where the token is missing or another one.
   */
  async withdraw(number: string, authorization = ""): Promise<Response> {
    if (!NUMBER.test(number)) throw new Problem("not-found");
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    const outcome = token === undefined ? "taken" : await this.#store
      .unregister(nameOf(number), hashOf(token), WITHDRAWN_SEQ);
    if (outcome === "taken") {
      const headers = { "www-authenticate": "Bearer" };
      throw new Problem("unauthorized", {
        detail: "The token of the slot is needed",
        headers,
      });
    }
    return answer(null, 204);
  }
}

function readClaims(text: string): SlotClaims {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("it is not JSON");
  }
  const { nickname, methods } = Object(value) as Record<string, unknown>;
  const fault = nicknameFault(nickname);
  if (fault !== undefined) {
    const detail = `Cannot take a slot: its nickname ${fault}`;
    throw new Problem("bad-nickname", { detail });
  }
  const read = readMethods(methods);
  if (read.length === 0) throw malformed("it has no methods");
  checkMethods(read);
  return { nickname: nickname as string, methods: read };
}

function malformed(state: string): Problem {
  return new Problem("malformed", { detail: `Cannot take a slot: ${state}` });
}

/** The store keeps no token: whoever reads it cannot take a slot back. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

function secondsOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
