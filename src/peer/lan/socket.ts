/**
 * The multicast socket, as the rest of this folder sees it; the library behind
 * it is loaded only by those who use it.
 *
 * @module
 */
import { LektError, messageOf } from "../../base/errors.ts";
import type { DnsRecord } from "./records.ts";

/** Where an answer came from. */
export interface Origin {
  readonly address: string;
}

/** What arrives. */
export interface LanHandlers {
  /** Somebody asks for records of these names. */
  onQuery?(names: readonly string[]): void;
  /** Somebody tells records. */
  onResponse?(records: readonly DnsRecord[], origin: Origin): void;
}

/** A socket for multicast DNS. */
export interface LanSocket {
  /** Asks all. */
  query(name: string): void;
  /** Tells all. */
  respond(records: readonly DnsRecord[]): void;
  /** Closes it, behind what was told. */
  close(): Promise<void>;
}

/** Opens a socket; tests have one of their own. */
export type OpenLanSocket = (handlers: LanHandlers) => Promise<LanSocket>;

/** The part of the library that is used. */
interface Library {
  on(event: string, listener: (...args: never[]) => void): void;
  query(questions: readonly { name: string; type: string }[]): void;
  respond(
    packet: { answers: readonly DnsRecord[] },
    rinfo: null,
    callback: () => void,
  ): void;
  destroy(callback: () => void): void;
}

interface Packet {
  readonly questions?: readonly { readonly name?: unknown }[];
  readonly answers?: readonly DnsRecord[];
  readonly additionals?: readonly DnsRecord[];
}

/** Questions of one packet that are looked at. */
const QUESTION_COUNT_MAX = 32;

/** Where a socket is that is not for everybody. */
export interface LanPlace {
  /** The address of the only interface. */
  readonly interface: string;
  /** Another port than that of multicast DNS. */
  readonly port: number;
}

/**
 * Opens the socket for multicast DNS: on all interfaces, or at a place of its
 * own.
 *
 * @throws {LektError} `UNREACHABLE` where the system does not let this side.
 */
export async function openLanSocket(
  handlers: LanHandlers,
  place?: LanPlace,
): Promise<LanSocket> {
  const { default: makeSocket } = await import("multicast-dns");
  const library: Library = makeSocket({ bind: "0.0.0.0", ...place });
  const ready = Promise.withResolvers<void>();
  let told: Promise<void> = Promise.resolve();
  library.on("ready", () => ready.resolve());
  library.on("error", (cause: Error) => ready.reject(cause));
  library.on("query", ({ questions = [] }: Packet) => {
    handlers.onQuery?.(
      questions.slice(0, QUESTION_COUNT_MAX).flatMap(({ name }) =>
        typeof name === "string" ? [name.toLowerCase()] : []
      ),
    );
  });
  library.on(
    "response",
    ({ answers = [], additionals = [] }: Packet, origin: Origin) => {
      handlers.onResponse?.([...answers, ...additionals], origin);
    },
  );
  const close = () =>
    new Promise<void>((resolve) => library.destroy(() => resolve()));
  try {
    await ready.promise;
  } catch (cause) {
    await close();
    throw new LektError(
      "UNREACHABLE",
      `Cannot use multicast DNS: ${messageOf(cause)}`,
      { cause },
    );
  }
  return {
    query: (name) => library.query([{ name, type: "PTR" }]),
    respond(answers): void {
      const sent = new Promise<void>((resolve) =>
        library.respond({ answers }, null, resolve)
      );
      told = told.then(() => sent);
    },
    async close(): Promise<void> {
      await told;
      await close();
    },
  };
}
