/**
 * Two conversations of the command that talk to each other over a byte stream
 * in memory.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import type { FilePolicyOptions } from "../../src/peer/file_policy.ts";
import { type OfferedItem, offeredItem } from "../../src/peer/offered_items.ts";
import type { FileOutcome } from "../../src/peer/outgoing_files.ts";
import { connectPair, type VersionPair } from "./connection_pair.ts";
import { type TalkingSide, talkOver } from "./conversation.ts";
import { within } from "./deadline.ts";
import type { MemoryTransport } from "./memory_transport.ts";

/** How long a transfer may take, in milliseconds. */
const TRANSFER_MS = 20_000;

/** What {@linkcode TalkingPair.open} works with. */
export interface TalkingPairOptions extends Partial<FilePolicyOptions> {
  /** Where the files that bob receives go. */
  readonly folder: string;
  /** The minor versions of alice and bob. */
  readonly versions?: VersionPair;
  /** Whether it is a failure of bob's where nothing comes. */
  readonly awaitsSomething?: boolean;
}

/** Alice sends, and bob receives. */
export class TalkingPair {
  readonly alice: TalkingSide;
  readonly bob: TalkingSide;
  readonly #transport: MemoryTransport;
  readonly #connection: Connection;
  readonly #ending = Promise.withResolvers<void>();
  readonly #over: Promise<unknown>;

  private constructor(
    alice: TalkingSide,
    bob: TalkingSide,
    below: { transport: MemoryTransport; connection: Connection },
  ) {
    this.alice = alice;
    this.bob = bob;
    this.#transport = below.transport;
    this.#connection = below.connection;
    const mayEnd = () => this.#ending.promise;
    this.#over = Promise.all([
      alice.conversation.run(mayEnd),
      bob.conversation.run(mayEnd),
    ]);
  }

  /** Connects the two. */
  static async open(options: TalkingPairOptions): Promise<TalkingPair> {
    const { versions = [1, 1], ...policy } = options;
    const pair = await connectPair({
      versions,
      limits: { streamThresholdBytes: 1 },
    });
    return new TalkingPair(
      talkOver(pair.alice, { folder: "/nowhere", word: "none" }),
      talkOver(pair.bob, policy),
      { transport: pair.aliceTransport, connection: pair.alice },
    );
  }

  /** Bytes that alice has sent. */
  get sentSize(): number {
    return this.#connection.stats().bytesSent;
  }

  /** Alice sends what is at these paths; resolves with what becomes of each. */
  async send(...paths: string[]): Promise<FileOutcome[]> {
    const items: OfferedItem[] = [];
    for (const path of paths) items.push(await offeredItem(path));
    const { outcomes } = this.alice.conversation.sendItems(items);
    return await within(outcomes, "what becomes of it", TRANSFER_MS);
  }

  /** The same, compressed where it pays. */
  async sendPacked(path: string): Promise<FileOutcome[]> {
    const items = [await offeredItem(path)];
    const { outcomes } = this.alice.conversation.sendItems(items, true);
    return await within(outcomes, "what becomes of it", TRANSFER_MS);
  }

  /** Cuts the connection: what is under way is lost. */
  cut(): void {
    this.#transport.reset();
  }

  /** Ends both sides. */
  async close(): Promise<void> {
    this.#ending.resolve();
    await this.alice.conversation.closeWrite();
    await this.bob.conversation.closeWrite();
    await within(this.#over, "the end of both", TRANSFER_MS);
  }
}
