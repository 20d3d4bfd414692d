/**
 * What is told of an offer that comes: what is in its place, and what is not
 * saved.
 *
 * @module
 */

/** Something is in its place. */
export interface PlacedReport {
  /** What its sender calls it. */
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
  readonly fileCount: number;
  readonly size: number;
  /** Of a single file. */
  readonly sha256?: string;
}

/** Who is told of an offer that comes. */
export interface OfferReports {
  /** Told of each item that is in its place. */
  readonly onPlaced: (report: PlacedReport) => void;
  /** Told of each entry that is not saved, and why; the other side is told less. */
  readonly onFault: (entry: number, reason: string) => void;
}

/** Why a file is not here that its sender could not go on with. */
export function givenUp(reason: string): string {
  return `its sender has given it up: ${reason}`;
}
