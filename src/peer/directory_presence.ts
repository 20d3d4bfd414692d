/**
 * This side in a directory: registered while it listens, introduced while it
 * dials.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { LektError, type PeerLookup } from "../../mod.ts";
import {
  DirectoryClient,
  type Identity,
  type Lease,
  type LeaseReport,
  openIdentity,
  PinFile,
  type RegisteredMethod,
} from "../directory/mod.ts";
import { SlotClient } from "../directory/slot_client.ts";
import { parseMethod } from "../transport/method.ts";
import { proxyFor, type ProxyOption } from "../transport/proxy.ts";
import type { DirectoryUseSettings } from "./directory_settings.ts";
import type { PeerEvent } from "./events.ts";
import { markFault } from "./faults.ts";
import { ownAddress } from "./own_address.ts";
import { isRelayed } from "./relay_words.ts";
import { watched } from "./watched_lookup.ts";
import type { Reporter } from "./reporter.ts";
import type { UserFiles } from "./user_folder.ts";

/** What {@linkcode DirectoryPresence} works with. */
export interface DirectoryPresenceOptions {
  /** What the command line says about the directory. */
  readonly settings: DirectoryUseSettings;
  /** The proxy that it is reached through. */
  readonly proxy: ProxyOption | undefined;
  /** Own nickname. */
  readonly nickname: string;
  /** The key of the own certificate. */
  readonly spki: string;
  /** The user's files. */
  readonly files: UserFiles;
  /** Shows what happens. */
  readonly reporter: Reporter;
}

/** Tells of a registration. */
export type RegisteredEvent = PeerEvent & { event: "registered" };

/** An introduction must outlast the other side's decision: so long, in milliseconds. */
const INTRODUCTION_MS = 90_000;

/** Between the priorities of registered methods. */
const PRIORITY_STEP = 10;

/** Methods that show the own certificate. */
const PROVING: ReadonlySet<string> = new Set([
  "tls",
  "wss",
  "relay",
  "relay+ws",
]);

/** This side in a directory. */
export class DirectoryPresence {
  /** Looks up whom we want to talk to. */
  readonly lookup: PeerLookup;
  /** Looks up who wants to talk to us. */
  readonly incomingLookup: PeerLookup;
  /** Who this side is. */
  readonly identity: Identity;
  /** The keys of those whom this side has met. */
  readonly pins: PinFile;
  /** Meets others by code. */
  readonly slots: SlotClient;
  readonly #options: DirectoryPresenceOptions;
  /** Without pins: for what concerns this side itself. */
  readonly #client: DirectoryClient;
  #lease: Lease | undefined;
  #introduction: Lease | undefined;
  #isFailing = false;
  readonly #ending = new AbortController();
  #closed: Promise<void> | undefined;

  private constructor(options: DirectoryPresenceOptions, identity: Identity) {
    const { settings, proxy, files, reporter } = options;
    const { url, allowLocal } = settings;
    const how = {
      ...(allowLocal === undefined ? {} : { allowLocal }),
      ...(proxy === undefined ? {} : { proxy }),
    };
    this.#options = options;
    this.identity = identity;
    this.#client = new DirectoryClient(url, how);
    this.slots = new SlotClient(this.#client, proxy);
    this.pins = new PinFile(files.pins);
    const client = new DirectoryClient(url, { ...how, pins: this.pins });
    this.lookup = watched(client, markFault);
    this.incomingLookup = watched(client, (error) => {
      // Whoever calls is then only not verified: a changed key is worth a word.
      if (error instanceof LektError && error.code === "REJECTED") {
        const { code, message } = error;
        reporter.emit({ event: "error", code, message });
      }
      return error;
    });
  }

  /** Reads the identity, and makes it at first use. */
  static async open(
    options: DirectoryPresenceOptions,
  ): Promise<DirectoryPresence> {
    const identity = await openIdentity(options.files.identity);
    return new DirectoryPresence(options, identity);
  }

  /** The directory's URL. */
  get url(): string {
    return this.#options.settings.url;
  }

  /** What pins are kept under. */
  get origin(): string {
    return this.#client.origin;
  }

  /** What the command line says of how this side is reached; empty: as it listens. */
  get advertised(): readonly string[] {
    return this.#options.settings.advertised;
  }

  /**
   * A free port of the address by which this machine reaches the directory, as
   * a method to listen on.
   *
   * @throws {LektError} Where the directory cannot be reached, or only through a proxy.
   */
  async nearbyMethod(): Promise<string> {
    return `tls://${await this.#ownAddress()}:0`;
  }

  /** The relay to be reached through that the directory names, if it names one. What is wrong with the directory, registering tells. */
  async findRelay(signal: AbortSignal): Promise<string | undefined> {
    const [relay] = await this.#client.relays({ signal }).catch(() => []);
    return relay;
  }

  /**
   * Registers how this side can be reached, and keeps that up.
   *
   * @param listening What it listens on.
   * @return What there is to tell; nothing where this was interrupted.
   * @throws {LektError} As `DirectoryClient.register` does.
   */
  async register(
    listening: readonly string[],
  ): Promise<RegisteredEvent | undefined> {
    const { nickname, spki, reporter } = this.#options;
    let methods = await this.#methodsFor(listening);
    let told = methods;
    try {
      this.#lease = await this.#client.register(this.identity, {
        nickname,
        methods,
        currentMethods: async () => methods = await this.#methodsFor(listening),
        spki,
        report: (report) => {
          this.#report(report);
          if (report.event === "failing" || isEqual(methods, told)) return;
          told = methods;
          reporter.emit(this.#registered(methods));
        },
      });
    } catch (error) {
      throw markFault(withAdvice(error));
    }
    this.#keepFound(this.#lease);
    // Interrupted meanwhile.
    if (this.#closed) {
      await this.#unregister();
      return undefined;
    }
    return this.#registered(methods);
  }

  /**
   * Makes sure that the directory knows this side's certificate for as long as
   * the other side takes to decide. Where the nickname belongs to another key
   * that is told: this side can call all the same, unverified.
   *
   * @throws {LektError} As `DirectoryClient.register` does.
   */
  async introduce(signal: AbortSignal): Promise<void> {
    const { nickname, spki } = this.#options;
    const own = `${nickname}#${this.identity.thumbprint}`;
    try {
      const found = await this.#client.lookup(own, { signal })
        .catch(() => undefined);
      const isKnown = found?.spki === spki &&
        found.expires > Date.now() + INTRODUCTION_MS;
      // Another process of ours may be registered to be found: let it be.
      if (isKnown) return;
      this.#introduction = await this.#client.register(this.identity, {
        nickname,
        methods: [],
        spki,
        signal,
      });
    } catch (error) {
      if (!isTaken(error)) throw markFault(error);
      // Whom we call is then told that we are not verified, and decides.
      const { code, message } = withAdvice(error);
      this.#options.reporter.emit({ event: "error", code, message });
    }
  }

  /** Ends the introduction; it lapses by itself. */
  endIntroduction(): void {
    this.#introduction?.abandon();
  }

  /** Takes the registration back; what is wrong with that is told, not thrown. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    this.endIntroduction();
    await this.#unregister();
  }

  async #unregister(): Promise<void> {
    try {
      await this.#lease?.unregister();
    } catch (error) {
      this.#options.reporter.note(messageOf(error), "error");
    }
  }

  #registered(methods: readonly RegisteredMethod[]): RegisteredEvent {
    const { thumbprint } = this.identity;
    const { settings, nickname } = this.#options;
    return {
      event: "registered",
      nickname,
      thumbprint,
      directory: settings.url,
      methods: urisOf(methods),
    };
  }

  /** How this side can be reached at present. */
  async #methodsFor(
    listening: readonly string[],
  ): Promise<RegisteredMethod[]> {
    const { settings: { advertised }, spki } = this.#options;
    const relayed = listening.filter(isRelayed);
    const direct = listening.filter((uri) => !isRelayed(uri));
    const uris = [
      ...(advertised.length > 0
        ? advertised.map((uri) => parseMethod(uri).uri)
        : await this.#reachable(direct)),
      ...relayed,
    ];
    const schemes = new Set(listening.map((uri) => parseMethod(uri).scheme));
    return uris.map((uri, index) => {
      const { scheme } = parseMethod(uri);
      const isOurs = schemes.has(scheme) && PROVING.has(scheme);
      const priority = index * PRIORITY_STEP;
      const method: RegisteredMethod = { uri, priority };
      // A proxy in front shows a certificate of its own.
      return isOurs ? { ...method, spki } : method;
    });
  }

  /** Another process of ours that ends takes the registration of both back: this one registers again. */
  async #keepFound(lease: Lease): Promise<void> {
    const { signal } = this.#ending;
    try {
      const own = `${lease.nickname}#${lease.thumbprint}`;
      for await (const { type } of this.#client.watch(own, { signal })) {
        if (type === "gone") lease.refresh();
      }
    } catch (error) {
      // Without events the refreshes bring it back, later.
      if (!(error instanceof LektError)) throw error;
    }
  }

  /** Puts the address by which this machine reaches the directory in the place of "all addresses". */
  async #reachable(listening: readonly string[]): Promise<string[]> {
    const uris: string[] = [];
    for (const uri of listening) {
      const method = parseMethod(uri);
      const isWildcard = "host" in method &&
        (method.host === "0.0.0.0" || method.host === "::");
      if (!isWildcard) {
        uris.push(uri);
        continue;
      }
      const url = new URL(uri);
      url.hostname = await this.#ownAddress();
      uris.push(parseMethod(url.href).uri);
    }
    return uris;
  }

  #ownAddress(): Promise<string> {
    const { settings, proxy } = this.#options;
    if (proxyFor(proxy, settings.url) === undefined) {
      return ownAddress(settings.url);
    }
    throw markFault(
      new LektError(
        "INVALID_ARGUMENT",
        `Cannot register where you listen: the directory is reached through a ` +
          "proxy, which hides your address; name it with --advertise METHOD",
      ),
    );
  }

  #report(report: LeaseReport): void {
    const wasFailing = this.#isFailing;
    this.#isFailing = report.event === "failing";
    if (report.event !== "failing" || wasFailing) return;
    const { error } = report;
    const code = error instanceof LektError ? error.code : "UNREACHABLE";
    const message = `${error.message}; it is tried again until it succeeds`;
    this.#options.reporter.emit({ event: "error", code, message });
  }
}

function isEqual(
  one: readonly RegisteredMethod[],
  other: readonly RegisteredMethod[],
): boolean {
  return String(urisOf(one)) === String(urisOf(other));
}

function urisOf(methods: readonly RegisteredMethod[]): string[] {
  return methods.map(({ uri }) => uri);
}

/** Whether a nickname belongs to another key. */
function isTaken(error: unknown): error is LektError {
  return error instanceof LektError && error.code === "REJECTED" &&
    error.by === "remote";
}

/** An error with what to do about it, where the nickname belongs to somebody else. */
function withAdvice<T>(error: T): T extends LektError ? LektError : T;
function withAdvice(error: unknown): unknown {
  if (!isTaken(error)) return error;
  const { code, message, by, reason } = error;
  return new LektError(code, `${message}; take another one: --nick NAME`, {
    by: by!,
    reason: reason!,
    cause: error,
  });
}
