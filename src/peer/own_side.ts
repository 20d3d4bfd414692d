/**
 * What this side brings along: its certificate, and its place in a directory.
 *
 * @module
 */
import { dirname } from "node:path";
import {
  type ConnectOptions,
  LektError,
  type ListenOptions,
  type PeerLookup,
  type RelayUseOptions,
  type Remote,
} from "../../mod.ts";
import type { Identity } from "../directory/mod.ts";
import type { Certificate } from "../transport/make_certificate.ts";
import { fileReason } from "../base/reasons.ts";
import type {
  DirectoryPresence,
  RegisteredEvent,
} from "./directory_presence.ts";
import type { PeerEvent } from "./events.ts";
import { markFault } from "./faults.ts";
import type { Settings } from "./options.ts";
import type { Reporter } from "./reporter.ts";
import { userFiles } from "./user_folder.ts";

const NEEDS_CERTIFICATE = /^(?:tls|wss|relay(?:\+ws)?):/i;

/** What this side brings along; each part is loaded and made only where it is used. */
export class OwnSide {
  readonly #settings: Settings;
  readonly #reporter: Reporter;
  readonly #certificate: Certificate | undefined;
  readonly #presence: DirectoryPresence | undefined;
  #withdraw: (() => Promise<void>) | undefined;

  private constructor(
    settings: Settings,
    reporter: Reporter,
    certificate?: Certificate,
    presence?: DirectoryPresence,
  ) {
    this.#settings = settings;
    this.#reporter = reporter;
    this.#certificate = certificate;
    this.#presence = presence;
  }

  /**
   * Reads the certificate and the key from the user's files, and makes them
   * at first use; touches nothing where neither is needed.
   *
   * @throws {LektError} Where they cannot be used.
   */
  static async open(settings: Settings, reporter: Reporter): Promise<OwnSide> {
    const { directory, command, methods, relay } = settings;
    const listens = command === "listen" || command === "meet";
    const needsCertificate = settings.isLan || listens &&
        (relay.url !== undefined ||
          methods.some((method) => NEEDS_CERTIFICATE.test(method)));
    if (!directory && !needsCertificate) return new OwnSide(settings, reporter);
    const files = userFiles();
    try {
      const { openCertificate } = await import("./own_certificate.ts");
      const certificate = await openCertificate(files.certificate);
      if (!directory) return new OwnSide(settings, reporter, certificate);
      const { DirectoryPresence } = await import("./directory_presence.ts");
      const presence = await DirectoryPresence.open({
        settings: directory,
        proxy: settings.proxy,
        nickname: settings.nickname,
        spki: certificate.spki,
        files,
        reporter,
      });
      return new OwnSide(settings, reporter, certificate, presence);
    } catch (error) {
      if (error instanceof LektError) throw markFault(error);
      const why = fileReason(error);
      throw markFault(
        new LektError(
          "INVALID_ARGUMENT",
          `Cannot keep the own key and certificate in ${
            dirname(files.certificate)
          }: ${why}`,
          { cause: error },
        ),
      );
    }
  }

  /** Whether a directory tells who has proved to be who they say. */
  get knowsOthers(): boolean {
    return this.#presence !== undefined;
  }

  /**
   * This side in the directory.
   *
   * @throws {LektError} Where there is none, which the parser of the command line rules out.
   */
  get inDirectory(): DirectoryPresence {
    if (this.#presence) return this.#presence;
    throw new LektError("INVALID_ARGUMENT", "A code needs --directory");
  }

  /** The key of the own certificate; empty where there is none. */
  get key(): string {
    return this.#certificate?.spki ?? "";
  }

  /** What `listen` needs of it; the directory is asked for its relays. */
  async listenOptions(
    signal: AbortSignal,
  ): Promise<
    Pick<ListenOptions, "tls" | "directory"> & { relay?: RelayUseOptions }
  > {
    const relay = await this.#findRelay(signal);
    return {
      ...(this.#certificate ? { tls: this.#certificate } : {}),
      ...(this.#presence ? { directory: this.#presence.incomingLookup } : {}),
      ...(relay ? { relay } : {}),
    };
  }

  /** What `connect` needs of it. */
  async connectOptions(): Promise<
    Pick<
      ConnectOptions,
      "tls" | "directory" | "proxy" | "relay"
    >
  > {
    const { pinnedKey, proxy, relay, isLan } = this.#settings;
    const lookup = isLan ? await this.#lanLookup() : this.#presence?.lookup;
    return {
      relay: !relay.isRefused,
      tls: {
        ...this.#certificate,
        ...(pinnedKey === undefined ? {} : { pinnedKey }),
      },
      ...(lookup ? { directory: lookup } : {}),
      ...(proxy === undefined ? {} : { proxy }),
    };
  }

  /** The key that others may pin, where one of these methods shows it. */
  keyShownBy(methods: readonly string[]): { key?: string } {
    const isShown = methods.some((method) => NEEDS_CERTIFICATE.test(method));
    return isShown && this.#certificate ? { key: this.#certificate.spki } : {};
  }

  /** Announces in the local network what is listened on, where the command line says so; gives what there is to tell of it. */
  async announce(
    methods: readonly string[],
  ): Promise<PeerEvent & { event: "announced" } | undefined> {
    const { isLan, nickname } = this.#settings;
    const method = methods.find((uri) => /^tls:/i.test(uri));
    if (!isLan || method === undefined) return undefined;
    const { announceHere, isInNetwork, NO_NETWORK } = await import(
      "./lan/mod.ts"
    );
    const announced = { nickname, key: this.key, method };
    this.#withdraw = await announceHere(announced);
    if (!isInNetwork()) {
      this.#reporter.note(`Nobody can find you yet: ${NO_NETWORK}`, "error");
    }
    return { event: "announced", ...announced };
  }

  async #lanLookup(): Promise<PeerLookup> {
    const { lookupHere } = await import("./lan/mod.ts");
    return lookupHere(userFiles().pins);
  }

  /**
   * Remembers whom this side has reached in the local network.
   *
   * @throws {LektError} `REJECTED` where it is another key than before.
   */
  async remember(remote: Remote): Promise<void> {
    if (!this.#settings.isLan) return;
    const { rememberHere } = await import("./lan/mod.ts");
    await rememberHere(userFiles().pins, remote, this.#reporter);
  }

  /** Registers what is listened on, and keeps it registered; gives what there is to tell of it. */
  async register(
    methods: readonly string[],
  ): Promise<RegisteredEvent | undefined> {
    return await this.#presence?.register(methods);
  }

  /**
   * Runs `dial` while the directory knows this side's certificate, so that the
   * other side can tell who calls; no longer, as this side may also be
   * registered to be found.
   */
  async whileIntroduced<T>(
    signal: AbortSignal,
    dial: () => Promise<T>,
  ): Promise<T> {
    const { target } = this.#settings;
    // Over these methods nothing is proved.
    if (!this.#presence || /^(?:tcp|ws|unix):/i.test(target)) {
      return await dial();
    }
    await this.#presence.introduce(signal);
    try {
      return await dial();
    } finally {
      this.#presence.endIntroduction();
    }
  }

  /** The relay to be reached through: the one that is named, or else the directory's. */
  async #findRelay(signal: AbortSignal): Promise<RelayUseOptions | undefined> {
    const { relay, proxy } = this.#settings;
    if (relay.isRefused) return undefined;
    const url = relay.url ?? await this.#presence?.findRelay(signal);
    if (url === undefined) return undefined;
    const { relayOption } = await import("./relay_presence.ts");
    return relayOption({
      url,
      proxy,
      identity: this.#presence?.identity ?? await openOwnIdentity(),
      isOptional: relay.url === undefined,
      reporter: this.#reporter,
    });
  }

  /** Takes the registration back; what is wrong with that is told, not thrown. */
  async close(): Promise<void> {
    const withdraw = this.#withdraw;
    this.#withdraw = undefined;
    await Promise.all([withdraw?.(), this.#presence?.close()]);
  }
}

async function openOwnIdentity(): Promise<Identity> {
  const { openIdentity } = await import("../directory/mod.ts");
  try {
    return await openIdentity(userFiles().identity);
  } catch (error) {
    throw error instanceof LektError ? markFault(error) : error;
  }
}
