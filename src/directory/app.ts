/**
 * The HTTP interface of a directory, over any store.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { answer, answerJson, EXPOSED_HEADERS } from "./answer.ts";
import { readBody } from "./body.ts";
import { forwardedAddress } from "./client_address.ts";
import type { Clock } from "./clock.ts";
import { writeEvents } from "./event_stream.ts";
import {
  CLAIM_MS,
  CLOCK_SKEW_MAX_S,
  LEASE_DEFAULT_S,
  LEASE_MAX_S,
  LEASE_MIN_S,
  RECORD_METHODS_MAX,
  RECORD_SIZE_MAX,
  RECORD_URI_SIZE_MAX,
  WATCHERS_MAX,
} from "./limits.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import { Problem } from "./problem.ts";
import { addressKey } from "../transport/address_key.ts";
import { type DirectoryLimits, RateGuard } from "./rate.ts";
import {
  RecordError,
  recordKey,
  type SignedRecord,
  UNREGISTRATION_TYPE,
  verifyRecord,
} from "./record.ts";
import { isMatch, pathNickname, requestedNickname } from "./request_parts.ts";
import { checkMethods } from "./registered_methods.ts";
import { Slots } from "./slots.ts";
import { type DirectoryStore, StoreError } from "./store.ts";
import { keyThumbprint } from "./thumbprint.ts";

/** What a directory is besides its store. */
export interface AppSettings {
  /** Its own origins; records must be for one of them. The first is the one that it states. */
  origins: readonly string[];
  /** The relays that it names: origins, or `/` for its own. */
  relays: readonly string[];
  /** How much it does for one client. */
  limits: DirectoryLimits;
  /** Tells the time. */
  clock: Clock;
  /** The header in which a trusted proxy gives the client's address. */
  addressHeader?: string;
  /** Fires when the directory is to end: streams of events end then. */
  closing: AbortSignal;
  /** Called when the directory itself fails. */
  onFailure: (error: unknown) => void;
  /** Called when a client breaks a rule. */
  onMisbehaviour: (what: Misbehaviour) => void;
}

/** What is known about a request besides what it says. */
interface RequestInfo {
  /** The address that it came from. */
  address: string;
}

type AppContext = Context<{ Bindings: RequestInfo }>;

/** After a failure of the store, clients are asked to wait so many seconds. */
const RETRY_AFTER_S = 1;

const PEER_PATH = "/v1/peers/:nickname";
const SLOT_PATH = "/v1/slots/:number";

const READ_PATHS = [
  "/v1",
  "/v1/relays",
  `${PEER_PATH}/events`,
  "/healthz",
  "/readyz",
];

/** Answers the requests of section 4 of the directory's description. */
export class DirectoryApp {
  #store: DirectoryStore;
  #settings: AppSettings;
  #rates: RateGuard;
  #watches = new Map<string, number>();
  #watchCount = 0;
  #activeCount = 0;
  #drained = Promise.withResolvers<void>();
  #hono = new Hono<{ Bindings: RequestInfo }>();

  /** Makes the interface; nothing listens yet. */
  constructor(store: DirectoryStore, settings: AppSettings) {
    this.#store = store;
    this.#settings = settings;
    this.#rates = new RateGuard(settings.limits, settings.clock);
    this.#route();
  }

  /** Answers one request. */
  async fetch(request: Request, info: RequestInfo): Promise<Response> {
    if (this.#settings.closing.aborted) {
      return new Problem("closing").toResponse();
    }
    this.#activeCount++;
    try {
      return await this.#hono.fetch(request, info);
    } finally {
      this.#release();
    }
  }

  /** Resolves when no request is under way and no stream is open; to be asked for after `closing` has fired. */
  drained(): Promise<void> {
    if (this.#activeCount === 0) this.#drained.resolve();
    return this.#drained.promise;
  }

  #release(): void {
    this.#activeCount--;
    if (this.#activeCount === 0 && this.#settings.closing.aborted) {
      this.#drained.resolve();
    }
  }

  #route(): void {
    const hono = this.#hono;
    // For preflights alone: in front of all routes it would make each answer
    // twice, and a stream of each body.
    hono.options(
      "*",
      cors({
        origin: "*",
        allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
        allowHeaders: ["Authorization", "Content-Type", "If-None-Match"],
        exposeHeaders: EXPOSED_HEADERS,
        maxAge: 86_400,
      }),
    );
    hono.get("/v1", (context) => this.#describe(context));
    hono.get("/v1/relays", (context) => this.#nameRelays(context));
    hono.get(PEER_PATH, (context) => this.#lookup(context));
    hono.put(PEER_PATH, (context) => this.#register(context));
    hono.delete(PEER_PATH, (context) => this.#unregister(context));
    hono.get(`${PEER_PATH}/events`, (context) => this.#watch(context));
    this.#routeSlots(new Slots(this.#store, this.#settings));
    hono.get("/healthz", () => answerJson({ status: "ok" }));
    hono.get("/readyz", () => this.#ready());
    hono.all(PEER_PATH, () => notAllowed("GET, HEAD, PUT, DELETE"));
    for (const path of READ_PATHS) {
      hono.all(path, () => notAllowed("GET, HEAD"));
    }
    hono.notFound(() => new Problem("not-found").toResponse());
    hono.onError((error, context) => this.#refuse(error, context));
  }

  #routeSlots(slots: Slots): void {
    const hono = this.#hono;
    hono.use("/v1/slots/*", async (context, next) => {
      this.#rates.countSlot(this.#address(context));
      await next();
    });
    hono.post("/v1/slots", ({ req }) => slots.open(req.raw));
    hono.all("/v1/slots", () => notAllowed("POST"));
    hono.get(SLOT_PATH, ({ req }) => slots.find(req.param("number")));
    hono.delete(
      SLOT_PATH,
      ({ req }) =>
        slots.withdraw(req.param("number"), req.header("authorization")),
    );
    hono.all(SLOT_PATH, () => notAllowed("GET, HEAD, DELETE"));
  }

  #describe(context: AppContext): Response {
    this.#rates.countRead(this.#address(context));
    return answerJson({
      name: "lekt directory",
      version: 1,
      audience: this.#settings.origins[0],
      lease: { min: LEASE_MIN_S, default: LEASE_DEFAULT_S, max: LEASE_MAX_S },
      claim: CLAIM_MS / 1_000,
      limits: {
        recordSize: RECORD_SIZE_MAX,
        methods: RECORD_METHODS_MAX,
        uriSize: RECORD_URI_SIZE_MAX,
        ...this.#settings.limits,
      },
    });
  }

  #nameRelays(context: AppContext): Response {
    this.#rates.countRead(this.#address(context));
    return answerJson({ relays: this.#settings.relays });
  }

  async #register(context: AppContext): Promise<Response> {
    const address = this.#address(context);
    this.#rates.countWrite(address);
    const type = context.req.header("content-type") ?? "";
    if (!/^application\/jwt *(?:;|$)/i.test(type)) {
      throw new Problem("wrong-type");
    }
    const token = await readBody(context.req.raw, this.#settings.closing);
    const record = await this.#read(context, token);
    checkMethods(record.methods);
    const age = Math.floor(this.#settings.clock.now() / 1_000) -
      record.issuedAt;
    if (age > CLOCK_SKEW_MAX_S) {
      // It would end long before its next refresh.
      const detail =
        `The record was signed ${age} s ago: the clock of who signed it is behind, or the directory's ahead`;
      throw new Problem("bad-lease", { detail });
    }
    const lease = record.expiresAt - record.issuedAt;
    if (lease < LEASE_MIN_S || lease > LEASE_MAX_S) {
      const detail =
        `The lease is ${lease} s, expected ${LEASE_MIN_S} to ${LEASE_MAX_S}`;
      throw new Problem("bad-lease", { detail });
    }
    const claimUntil = this.#settings.clock.now() + CLAIM_MS;
    const outcome = await this.#store.register({
      nickname: record.nickname,
      key: record.thumbprint,
      seq: record.seq,
      expires: record.expiresAt * 1_000,
      token: record.token,
    }, claimUntil);
    refuseConflict(outcome);
    return answerJson({
      expires: record.expiresAt,
      refreshAfter: Math.floor(lease / 3),
      claimUntil: Math.floor(claimUntil / 1_000),
      observed: address,
    }, outcome === "created" ? 201 : 200);
  }

  async #unregister(context: AppContext): Promise<Response> {
    this.#rates.countWrite(this.#address(context));
    const header = context.req.header("authorization") ?? "";
    const token = /^Bearer +(\S+) *$/i.exec(header)?.[1];
    if (token === undefined) {
      const headers = { "www-authenticate": "Bearer" };
      throw new Problem("unauthorized", { headers });
    }
    const { nickname, thumbprint, seq } = await this.#read(
      context,
      token,
      UNREGISTRATION_TYPE,
    );
    refuseConflict(await this.#store.unregister(nickname, thumbprint, seq));
    return answer(null, 204);
  }

  async #lookup(context: AppContext): Promise<Response> {
    this.#rates.countRead(this.#address(context));
    const found = await this.#store.lookup(requestedNickname(context.req.url));
    if (!found) throw new Problem("not-found");
    // The signature is different wherever the bytes are.
    const etag = `"${found.token.slice(found.token.lastIndexOf(".") + 1)}"`;
    const headers = { etag, "cache-control": "no-cache" };
    if (isMatch(context.req.header("if-none-match"), etag)) {
      return answer(null, 304, headers);
    }
    return answer(found.token, 200, {
      ...headers,
      "content-type": "application/jwt",
    });
  }

  async #watch(context: AppContext): Promise<Response> {
    const address = this.#address(context);
    this.#rates.countRead(address);
    const nickname = requestedNickname(context.req.url);
    const stop = new AbortController();
    const { clock, closing } = this.#settings;
    const signal = AbortSignal.any([closing, stop.signal]);
    this.#countWatch(addressKey(address), signal);
    try {
      const events = this.#store.watch(nickname, signal)
        [Symbol.asyncIterator]();
      const first = await events.next();
      if (first.done) throw new StoreError("watch a nickname", "it is closed");
      this.#activeCount++;
      const body = writeEvents(first.value, events, clock, () => {
        stop.abort();
        this.#release();
      });
      return answer(body, 200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
    } catch (error) {
      stop.abort();
      throw error;
    }
  }

  async #ready(): Promise<Response> {
    await this.#store.ping();
    return answerJson({ status: "ok" });
  }

  /** Checks everything about a record that does not need the store. */
  async #read(
    context: AppContext,
    token: string,
    type?: string,
  ): Promise<SignedRecord> {
    const thumbprint = keyThumbprint(recordKey(token, type));
    this.#rates.checkKey(thumbprint);
    const now = this.#settings.clock.now() / 1_000;
    const record = await verifyRecord(token, thumbprint, now, type);
    this.#rates.countKey(thumbprint);
    if (!this.#settings.origins.includes(record.audience)) {
      const detail = `The record is for ${record.audience}, this directory is ${
        this.#settings.origins[0]
      }: call it that, or start it with its other names (--origin)`;
      throw new Problem("bad-audience", { detail });
    }
    if (pathNickname(context.req.url) !== record.nickname) {
      const detail = "The path and the record name different nicknames";
      throw new Problem("bad-nickname", { detail });
    }
    return record;
  }

  #countWatch(key: string, signal: AbortSignal): void {
    const count = this.#watches.get(key) ?? 0;
    if (
      count >= this.#settings.limits.watchesPerAddress ||
      this.#watchCount >= WATCHERS_MAX
    ) {
      const headers = { "retry-after": "60" };
      throw new Problem("too-many", { headers });
    }
    this.#watchCount++;
    this.#watches.set(key, count + 1);
    signal.addEventListener("abort", () => {
      this.#watchCount--;
      const left = this.#watches.get(key)! - 1;
      if (left === 0) this.#watches.delete(key);
      else this.#watches.set(key, left);
    }, { once: true });
  }

  #address(context: AppContext): string {
    const { addressHeader } = this.#settings;
    if (addressHeader === undefined) return context.env.address;
    return forwardedAddress(context.req.header(addressHeader)) ??
      context.env.address;
  }

  #refuse(error: Error, context: AppContext): Response {
    const problem = this.#problem(error);
    const { code, message: rule, isMisbehaviour } = problem;
    if (isMisbehaviour) {
      const address = this.#address(context);
      this.#settings.onMisbehaviour({ address, code, rule });
    }
    return problem.toResponse();
  }

  #problem(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof RecordError) {
      return new Problem(error.fault, { detail: error.message });
    }
    this.#settings.onFailure(error);
    if (error instanceof StoreError) {
      const headers = { "retry-after": String(RETRY_AFTER_S) };
      return new Problem("store-unavailable", { headers });
    }
    return new Problem("internal");
  }
}

function notAllowed(allow: string): Response {
  return new Problem("method-not-allowed", { headers: { allow } }).toResponse();
}

function refuseConflict(outcome: string): void {
  if (outcome === "taken") throw new Problem("nickname-taken");
  if (outcome === "stale") throw new Problem("stale-seq");
}
