/**
 * An offer whose files go to a program that reads our output: one behind the
 * other, with nothing added.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import type { FileEntry, Offer } from "../talk/offer.ts";
import type { ByteOutput } from "./byte_output.ts";
import { givenUp, type OfferReports } from "./offer_reports.ts";
import type { OfferTarget } from "./offer_target.ts";

/** Writes one offer. */
export class OutputOffer implements OfferTarget {
  /** Nothing is here before it comes. */
  readonly have: [number, number][] = [];
  /** Nothing is here before it comes. */
  readonly partial: [] = [];
  /** Nothing is here before it comes. */
  readonly hereSize = 0;
  /** What its sender has given up. */
  readonly failed: [number, string][] = [];
  /** Nothing has a name here. */
  readonly renamed: [number, string][] = [];
  readonly #offer: Offer;
  readonly #output: ByteOutput;
  readonly #onPlaced: OfferReports["onPlaced"];
  readonly #onFault: OfferReports["onFault"];
  #endTurn: (() => void) | undefined;
  #index = 0;
  #size = 0;

  /** Writes to `output`, and tells of each file that is whole, or given up. */
  constructor(
    offer: Offer,
    output: ByteOutput,
    { onPlaced, onFault }: OfferReports,
  ) {
    this.#offer = offer;
    this.#output = output;
    this.#onPlaced = onPlaced;
    this.#onFault = onFault;
  }

  /** All is wanted. */
  isWanted(): boolean {
    return true;
  }

  /** Waits for its turn. */
  async prepare(): Promise<void> {
    this.#endTurn = await this.#output.takeTurn();
  }

  /** Begins a file. */
  begin(index: number): Promise<Hash> {
    this.#index = index;
    this.#size = 0;
    return Promise.resolve(createHash("sha256"));
  }

  /** Writes a piece of it. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#size += bytes.length;
    await this.#output.write(bytes);
  }

  /** It is whole. */
  async end(digest: Uint8Array): Promise<void> {
    await this.#output.sync();
    const { path: name } = this.#offer.entries[this.#index] as FileEntry;
    this.#onPlaced({
      name,
      path: this.#output.path,
      isFolder: false,
      fileCount: 1,
      size: this.#size,
      sha256: Buffer.from(digest).toString("hex"),
    });
  }

  /** Writes a whole file. */
  async whole(
    index: number,
    bytes: Uint8Array,
    digest: Uint8Array,
  ): Promise<void> {
    await this.begin(index);
    await this.write(bytes);
    await this.end(digest);
  }

  /** What came of it before has been written. */
  giveUp(index: number, reason: string): Promise<void> {
    const text = givenUp(reason);
    this.failed.push([index, text]);
    this.#onFault(index, text);
    return Promise.resolve();
  }

  /** Lets the next message follow. */
  finish(): Promise<void> {
    this.#endTurn?.();
    return Promise.resolve();
  }

  /** What came before has been written. */
  async break(): Promise<boolean> {
    await this.finish();
    return false;
  }

  /** Nothing is kept. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
