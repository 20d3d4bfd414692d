/**
 * What the content of an offer goes to: a hidden folder, or a program that
 * reads our output.
 *
 * @module
 */
import type { PartialEntry } from "../talk/offer_answer.ts";
import type { ContentSink } from "../talk/receive_content.ts";

/** Where the files of an offer go. */
export interface OfferTarget extends ContentSink {
  /** What need not be sent. */
  readonly have: [first: number, last: number][];
  /** Of what the beginning is here. */
  readonly partial: PartialEntry[];
  /** Bytes that are here. */
  readonly hereSize: number;
  /** What is not here in the end, and why. */
  readonly failed: [entry: number, reason: string][];
  /** What is called otherwise here. */
  readonly renamed: [entry: number, name: string][];
  /** Whether a file is still to be sent. */
  isWanted(entry: number): boolean;
  /** Makes ready for the content: the offer is accepted. */
  prepare(): Promise<void>;
  /** Gives what has come its place, behind the last byte. */
  finish(): Promise<void>;
  /** Ends before all is here; `isWrong`: what came last is not to be kept. Tells whether something is. */
  break(isWrong: boolean): Promise<boolean>;
  /** Ends behind {@linkcode OfferTarget.finish}; `isKnown`: the sender knows. */
  close(isKnown: boolean): Promise<void>;
}
