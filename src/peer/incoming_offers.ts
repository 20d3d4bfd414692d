/**
 * The offers that one conversation receives: each is asked about once, and what
 * comes of it goes to its place.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Connection } from "../../mod.ts";
import { harmless } from "../base/text.ts";
import type { ByteReader } from "../talk/byte_reader.ts";
import { type Offer, OFFERS_VERSION, readOffer } from "../talk/offer.ts";
import {
  type Answer,
  encodeAnswer,
  encodeResult,
  type OfferResult,
} from "../talk/offer_answer.ts";
import {
  readContentNumber,
  readOfferContent,
} from "../talk/receive_content.ts";
import { FileFault, type OfferPart } from "../talk/receive.ts";
import type { ByteOutput } from "./byte_output.ts";
import type { FilePolicy, FileSender } from "./file_policy.ts";
import type { OfferReports, PlacedReport } from "./offer_reports.ts";
import type { OfferTarget } from "./offer_target.ts";
import { OfferStore } from "./offer_store.ts";
import { OutputOffer } from "./output_offer.ts";
import { offerFacts, offerText, offerTitle, summarize } from "./offer_words.ts";
import type { Reporter, TransferHandle } from "./reporter.ts";
import { StagedOffer } from "./staged_offer.ts";
import { cannotSave, toldReason } from "./told_reason.ts";

/** While a person thinks, or what is here is looked at, the sender hears of us so often, in milliseconds. */
const WAIT_MS = 20_000;

/** So many faults of one offer are told one by one. */
const TOLD_COUNT_MAX = 20;

/** What {@linkcode IncomingOffers} works with. */
export interface IncomingOffersOptions {
  /** Where the offers come from. */
  readonly connection: Connection;
  /** The number of the conversation. */
  readonly number: number;
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** Decides which are taken, and where they go. */
  readonly files: FilePolicy;
  /** Where the content goes instead. */
  readonly output?: ByteOutput;
  /** The digest of the offer that was accepted last, while it is not over: it is not asked about again. */
  readonly admitted: Set<string>;
  /** Told of each file that is not taken, and why. */
  readonly onFault: (message: string, id?: number, name?: string) => void;
}

/** The offer that is open. */
interface Current {
  offer?: Offer;
  target?: OfferTarget;
  title: string;
  /** The message of its content. */
  id?: number;
  state: "asked" | "answered" | "receiving";
  /** Resolves when its content is over. */
  over?: Promise<void>;
  toldCount: number;
}

/** Takes one offer after the other. */
export class IncomingOffers {
  readonly #options: IncomingOffersOptions;
  readonly #sender: FileSender;
  #current: Current | undefined;
  #isInvited = false;
  /** The last one of which content came. */
  #last: Current | undefined;

  /** Takes offers that come over this connection. */
  constructor(options: IncomingOffersOptions, sender: FileSender) {
    this.#options = options;
    this.#sender = sender;
  }

  /** What the offer is called whose content a message was. */
  titleOf(id: number): string | undefined {
    return this.#last?.id === id ? this.#last.title : undefined;
  }

  /** Says that offers are taken here, once, to a sender who has said that it makes them. */
  invite(): void {
    if (this.#isInvited) return;
    this.#isInvited = true;
    this.#say({ kind: "invite", offers: OFFERS_VERSION });
  }

  /**
   * Takes an offer, or the content of one.
   *
   * @throws What reading the body throws.
   */
  async handle(part: OfferPart, id: number, body: ByteReader): Promise<void> {
    if (part === "offer") {
      // Content that was aborted is over a little later than its message.
      await this.#current?.over;
      await this.#handleOffer(id, body);
    } else await this.#handleContent(id, body);
  }

  /** The connection has ended: what is here is kept for the next time. Gives what an offer is called that was taken, and whose content has not come. */
  async end(): Promise<string | undefined> {
    const current = this.#current;
    this.#current = undefined;
    if (current?.state !== "answered") return undefined;
    await current.target!.break(false);
    return current.title;
  }

  async #handleOffer(id: number, body: ByteReader): Promise<void> {
    const before = this.#current;
    if (before && before.state !== "answered") {
      await body.cancel();
      return this.#options.onFault(
        "Cannot take an offer: the one before is not over, by a fault of the program that sends it",
        id,
      );
    }
    const current: Current = {
      title: "an offer",
      state: "asked",
      toldCount: 0,
    };
    this.#current = current;
    const waiting = setInterval(() => {
      const number = current.offer?.number;
      if (number !== undefined) this.#say({ kind: "wait", number });
    }, WAIT_MS);
    try {
      // Its content was given up before any of it was read: an abort takes the place of what had come.
      await before?.target?.break(false);
      const read = await readOffer(body);
      if ("fault" in read) throw new OfferRefusal(read.number, read.fault);
      current.offer = read;
      await this.#answer(current, read);
    } catch (error) {
      await body.cancel();
      this.#current = undefined;
      await current.target?.break(false);
      if (!(error instanceof FileFault)) throw error;
      this.#refuse(id, current, error);
    } finally {
      clearInterval(waiting);
    }
  }

  /** Says no to both sides. */
  #refuse(id: number, current: Current, error: FileFault): void {
    const number = error instanceof OfferRefusal
      ? error.number
      : current.offer?.number;
    const reason = toldReason(error);
    if (number !== undefined) this.#say({ kind: "no", number, reason });
    this.#options.onFault(`Cannot take ${current.title}: ${error.message}`, id);
  }

  async #answer(current: Current, offer: Offer): Promise<void> {
    const { reporter, number: connection } = this.#options;
    const summary = summarize(offer.entries);
    current.title = offerTitle(summary);
    reporter.emit({
      event: "offer",
      connection,
      offer: offer.number,
      items: summary.items.map(({ name }) => harmless(name)),
      files: summary.fileCount,
      folders: summary.folderCount,
      bytes: summary.size,
      leftOut: summary.left.map(({ path, reason }) => ({
        path: harmless(path),
        reason: harmless(reason),
      })),
    });
    const target = await this.#openTarget(current, offer);
    current.target = target;
    const { hereSize } = target;
    const isSizeKnown = offer.entries.every((entry) =>
      entry.kind !== "file" || entry.size !== undefined
    );
    const isZstd = offer.zstd && await canDecompress();
    // What goes to a program is for that to judge, as single files are.
    if (!this.#options.output) {
      const { files, admitted } = this.#options;
      const digest = offerDigest(offer);
      await files.admitOffer(
        this.#sender,
        isSizeKnown ? offer.total - hereSize : undefined,
        (free) =>
          `${this.#sender.who} sends ${offerText(summary)} (${
            offerFacts(summary, { free, hereSize, isSizeKnown })
          })`,
        admitted.has(digest),
      );
      admitted.clear();
      admitted.add(digest);
    }
    const answer: Answer = {
      kind: "yes",
      number: offer.number,
      zstd: isZstd,
      have: target.have,
      partial: target.partial,
    };
    current.state = "answered";
    this.#say(answer);
  }

  async #openTarget(current: Current, offer: Offer): Promise<OfferTarget> {
    const { files, connection, output } = this.#options;
    const reports: OfferReports = {
      onPlaced: (report) => this.#tellPlaced(current, report),
      onFault: (entry, reason) => this.#tellFault(current, entry, reason),
    };
    if (output) return new OutputOffer(offer, output, reports);
    const { nickname, key, thumbprint } = connection.remote;
    const folder = files.folder();
    try {
      const sender = [nickname, thumbprint ?? key];
      const store = await OfferStore.open(folder, sender, offer);
      return await StagedOffer.open(offer, store, { folder, ...reports });
    } catch (cause) {
      throw cannotSave(cause);
    }
  }

  async #handleContent(id: number, body: ByteReader): Promise<void> {
    const number = await readContentNumber(body);
    const current = this.#current;
    if (
      !current || current.state !== "answered" ||
      number !== current.offer!.number
    ) {
      await body.cancel();
      return this.#options.onFault(
        `Cannot take message ${id}: it belongs to no offer that was accepted, by a fault of the program that sends it`,
        id,
      );
    }
    current.state = "receiving";
    current.id = id;
    this.#last = current;
    const over = Promise.withResolvers<void>();
    current.over = over.promise;
    const { reporter, number: connection } = this.#options;
    const { title } = current;
    const target = current.target!;
    const transfer = reporter.startTransfer(
      "from",
      connection,
      title,
      current.offer!.total,
    );
    let isDone = false;
    try {
      await this.#receive(current, body, transfer);
      isDone = true;
    } catch (error) {
      const isKept = await target.break(error instanceof FileFault);
      if (isKept) reporter.emit({ event: "kept", connection, name: title });
      if (!(error instanceof FileFault)) throw error;
      this.#refuseContent(current, error);
      await body.cancel();
    } finally {
      transfer.end(isDone);
      this.#current = undefined;
      over.resolve();
    }
    if (isDone) await this.#confirm(current);
  }

  async #receive(
    current: Current,
    body: ByteReader,
    transfer: TransferHandle,
  ): Promise<void> {
    const target = current.target!;
    transfer.add(target.hereSize);
    try {
      await target.prepare();
    } catch (cause) {
      throw cannotSave(cause);
    }
    await readOfferContent(body, {
      offer: current.offer!,
      isWanted: (entry) => target.isWanted(entry),
      sink: target,
      onReceived: (byteCount) => transfer.add(byteCount),
      ...(current.offer!.zstd ? { decompress: await decompressor() } : {}),
    });
    await target.finish();
  }

  #refuseContent(current: Current, error: FileFault): void {
    const { number } = current.offer!;
    const reason = toldReason(error);
    this.#sendResult({ number, ok: false, reason, failed: [], renamed: [] })
      .catch(() => {});
    this.#options.onFault(
      `Cannot take ${current.title} (message ${current.id}): ${error.message}`,
      current.id,
      current.title,
    );
  }

  /** Tells the sender, and forgets the offer once that is known to have arrived. */
  async #confirm({ offer, target }: Current): Promise<void> {
    const { number } = offer!;
    const { failed, renamed } = target!;
    for (const [entry, name] of renamed.slice(0, TOLD_COUNT_MAX)) {
      const { path } = offer!.entries[entry]!;
      this.#options.reporter.note(
        `${harmless(path)} is called ${harmless(name)} here`,
      );
    }
    let isKnown = true;
    try {
      await this.#sendResult({ number, ok: true, failed, renamed });
      this.#options.admitted.clear();
    } catch {
      // The connection has ended or failed: the sender may ask again.
      isKnown = false;
    }
    await target!.close(isKnown);
  }

  async #sendResult(result: OfferResult): Promise<void> {
    await this.#options.connection.send(encodeResult(result), {
      confirm: true,
    });
  }

  #tellPlaced(current: Current, report: PlacedReport): void {
    const { reporter, number: connection } = this.#options;
    const { name, path, size: bytes, sha256, fileCount: files } = report;
    const about = { connection, id: current.id!, name: harmless(name), path };
    if (report.isFolder) {
      reporter.emit({ event: "folder", ...about, files, bytes });
    } else {
      reporter.emit({ event: "file", ...about, bytes, sha256: sha256! });
    }
  }

  #tellFault(current: Current, entry: number, reason: string): void {
    const { path } = current.offer!.entries[entry]!;
    const toldCount = ++current.toldCount;
    if (toldCount > TOLD_COUNT_MAX + 1) return;
    const what = toldCount > TOLD_COUNT_MAX ? `${path} and others` : path;
    this.#options.onFault(`Cannot take ${what}: ${reason}`, current.id, path);
  }

  #say(answer: Answer): void {
    this.#options.connection.send(encodeAnswer(answer)).catch(() => {
      // The connection has ended or failed: `closed` knows which.
    });
  }
}

/** What tells an offer from all others, whatever its number. */
function offerDigest({ entries }: Offer): string {
  return createHash("sha256").update(JSON.stringify(entries)).digest("hex");
}

/** An offer that cannot be followed. */
class OfferRefusal extends FileFault {
  readonly number: number | undefined;

  constructor(number: number | undefined, fault: string) {
    super(fault);
    this.number = number;
  }
}

/** Whether this runtime can: Node since 22.15. */
async function canDecompress(): Promise<boolean> {
  return "zstdDecompressSync" in await import("node:zlib");
}

/** Makes a block of a frame; throws where it is none, or of more than `sizeMax` bytes. Loaded where it is needed. */
async function decompressor(): Promise<
  (bytes: Uint8Array, sizeMax: number) => Uint8Array
> {
  const { zstdDecompressSync } = await import("node:zlib");
  return (bytes, sizeMax) =>
    zstdDecompressSync(bytes, { maxOutputLength: sizeMax });
}
