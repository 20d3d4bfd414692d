/**
 * One conversation: what arrives is told or saved, what we say is sent.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import {
  type Connection,
  LektError,
  type Message,
  type Remote,
} from "../../mod.ts";
import type { ByteReader } from "../talk/byte_reader.ts";
import {
  FileFault,
  hasContent,
  type IncomingFile,
  type OfferPart,
  readPlain,
  recognize,
  type TextBudget,
} from "../talk/receive.ts";
import type { FilePolicy } from "./file_policy.ts";
import type { ByteOutput } from "./byte_output.ts";
import type { ErrorEventCode, Proof } from "./events.ts";
import { describeFault } from "./faults.ts";
import { IncomingFiles } from "./incoming_files.ts";
import { IncomingOffers } from "./incoming_offers.ts";
import type { FileOutcome, FileSource } from "./outgoing_files.ts";
import { OutgoingItems } from "./outgoing_items.ts";
import type { OfferedItem } from "./offered_items.ts";
import { describePeer } from "./proof.ts";
import type { Reporter } from "./reporter.ts";
import { isCancelled, SendingReports } from "./sending_reports.ts";

/** What all conversations of the process share. */
export interface ConversationOptions {
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** Decides which files are taken, and where they go. */
  readonly files: FilePolicy;
  /** Where all received bytes go instead, as they are. */
  readonly output?: ByteOutput;
  /** What may be kept of texts that are still arriving. */
  readonly textBudget: TextBudget;
  /** What is known of who the other side is. */
  readonly proofOf: (remote: Remote) => Proof;
}

/** A conversation with one other side. */
export class Conversation {
  /** Its number, in the order of arrival. */
  readonly number: number;
  readonly #connection: Connection;
  readonly #options: ConversationOptions;
  readonly #outgoing: OutgoingItems;
  readonly #sendingReports: SendingReports;
  readonly #incoming: IncomingFiles;
  readonly #offers: IncomingOffers;
  readonly #handlers = new Set<Promise<void>>();
  #truncatedCount = 0;
  #hasFailed = false;
  #isStopped = false;
  #hasOtherEnded = false;
  #error: unknown;

  /** Takes a connection over, and says so. */
  constructor(
    number: number,
    connection: Connection,
    options: ConversationOptions,
  ) {
    this.number = number;
    this.#connection = connection;
    this.#options = options;
    this.#outgoing = new OutgoingItems(connection);
    const { reporter } = options;
    this.#sendingReports = new SendingReports(
      reporter,
      number,
      (message, about) => this.#reportError("FILE", message, about),
    );
    const incoming = {
      ...options,
      connection,
      number,
      onFault: (message: string, id?: number, name?: string) =>
        this.#reportError("FILE", message, { id, name }),
    };
    this.#incoming = new IncomingFiles(incoming);
    this.#offers = new IncomingOffers(incoming, this.#incoming.sender);
    const { nickname, version, method } = connection.remote;
    const { role } = connection;
    reporter.emit({
      event: "connected",
      connection: number,
      nickname,
      version,
      method,
      role,
      ...options.proofOf(connection.remote),
    });
  }

  /** Whether anything in it went wrong. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The other side, as a person should see it. */
  get description(): string {
    const { remote, remote: { nickname } } = this.#connection;
    return describePeer({ nickname, ...this.#options.proofOf(remote) });
  }

  /** Whether the other side will say nothing more. */
  get hasOtherEnded(): boolean {
    return this.#hasOtherEnded;
  }

  /**
   * Lives through the conversation: reads until the other side has ended,
   * ends this side as soon as `mayEnd` allows, and tells that it is closed.
   *
   * @param mayEnd Called once the other side has ended; resolves when this side may end too.
   */
  async run(mayEnd: () => Promise<void>): Promise<void> {
    const isOrderly = await this.#receiveAll();
    this.#hasOtherEnded = true;
    this.#outgoing.handleEnd();
    if (isOrderly && !this.#isStopped) {
      await Promise.race([mayEnd(), this.#connection.closed]);
      await this.closeWrite();
    }
    await this.#connection.close();
    const { clean, error, reason } = await this.#connection.closed;
    if (!this.#isStopped) this.#reportConnectionError(error ?? this.#error);
    this.#options.reporter.emit({
      event: "closed",
      connection: this.number,
      clean,
      ...(reason ? { reason } : {}),
    });
  }

  /** Sends one text message, given as its bytes; where the connection fails meanwhile, {@linkcode run} tells. */
  async sendText(text: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    try {
      await this.#connection.send(text as Uint8Array<ArrayBuffer>);
    } catch {
      // The connection has ended or failed: `closed` knows which.
    }
  }

  /**
   * Sends files and folders, compressed with `isZstd` where that pays.
   *
   * @return `sent` resolves when the next may follow, `outcomes` when it is known what has become of each, or that it will not be; neither rejects.
   */
  sendItems(
    items: readonly OfferedItem[],
    isZstd = false,
  ): { sent: Promise<void>; outcomes: Promise<FileOutcome[]> } {
    const { progress, end } = this.#sendingReports.begin(items);
    const { sent, outcomes } = this.#outgoing.send(items, progress, isZstd);
    return {
      sent,
      outcomes: outcomes.then((results) => {
        end(results);
        this.#noteOutcomes(results);
        return results;
      }),
    };
  }

  /** Sends a file as a bare message, of which nothing more than that it was taken is heard. */
  sendRaw(
    source: FileSource,
  ): { sent: Promise<void>; outcome: Promise<FileOutcome> } {
    const { onSent, end } = this.#sendingReports.beginRaw(source);
    const outcome = this.#outgoing.sendRaw(source, onSent).then((result) => {
      end(result);
      this.#noteOutcomes([result]);
      return result;
    });
    return { sent: outcome.then(() => {}), outcome };
  }

  /** Ends this side; what was sent before still goes out. */
  async closeWrite(): Promise<void> {
    try {
      await this.#connection.closeWrite();
    } catch {
      // The connection has ended or failed: `closed` knows which.
    }
  }

  /** Gives up what is under way and closes. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#outgoing.stop("the sender has ended");
    await this.#connection.close();
  }

  /** Gives up the file that is being sent; tells whether there is one. */
  cancelFile(): boolean {
    return this.#outgoing.cancel();
  }

  /** Breaks off at once: the process ends before {@linkcode stop} could. */
  abort(): void {
    this.#connection.abort();
  }

  /** Reads to the other side's end; tells whether that was in order. */
  async #receiveAll(): Promise<boolean> {
    let isOrderly = true;
    try {
      for (;;) {
        await this.#options.reporter.ready();
        await this.#incoming.ready();
        const message = await this.#connection.receive();
        if (!message) break;
        await this.#start(message);
      }
    } catch (error) {
      isOrderly = false;
      this.#error = error;
    }
    await Promise.all(this.#handlers);
    await this.#offers.end();
    await this.#incoming.flush();
    return isOrderly;
  }

  /**
   * Begins to handle a message. One whose bytes are all here is done before
   * the next turn of the event loop, and so before the next message: complete
   * messages are told in their order, and none waits for a large one.
   */
  async #start(message: Message): Promise<void> {
    const handling = this.#handle(message);
    this.#handlers.add(handling);
    handling.then(() => this.#handlers.delete(handling));
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(resolve);
    await Promise.race([handling, promise]);
  }

  async #handle(message: Message): Promise<void> {
    const { id } = message;
    let name: string | undefined;
    try {
      const talk = await recognize(message.body);
      switch (talk.kind) {
        case "receipt":
          return this.#outgoing.handleReceipt(talk.receipt);
        case "refusedFile":
          return this.#incoming.refuse(id, talk.name, talk.fault);
        case "file":
          name = talk.file.header.name;
          return await this.#receiveFile(id, talk.file);
        case "offering":
          return await this.#receiveOffering(id, talk.part, talk.body);
        case "plain":
          return await this.#receivePlain(id, talk.body);
      }
    } catch (error) {
      this.#reportMessageError(error, id, name ?? this.#offers.titleOf(id));
    }
  }

  /** Receives a file, unless its sender would rather offer it. */
  async #receiveFile(id: number, file: IncomingFile): Promise<void> {
    const { offers } = file.header;
    if (offers !== undefined) {
      this.#outgoing.noteOffers();
      this.#offers.invite();
      if (!await hasContent(file)) return;
    }
    await this.#incoming.receive(id, file);
  }

  async #receiveOffering(
    id: number,
    part: OfferPart,
    body: ByteReader,
  ): Promise<void> {
    if (part === "offer" || part === "content") {
      await this.#offers.handle(part, id, body);
    } else {
      await this.#outgoing.handle(part, body);
    }
  }

  async #receivePlain(id: number, body: ByteReader): Promise<void> {
    const { reporter, textBudget, output } = this.#options;
    if (output) return await this.#receiveBytes(id, body, output);
    const { size, sha256, text } = await readPlain(body, {
      keepSizeMax: reporter.keptTextSizeMax,
      budget: textBudget,
    });
    reporter.emit({
      event: "message",
      connection: this.number,
      id,
      bytes: size,
      sha256,
      text,
    });
    if (text !== undefined) textBudget.left += size;
    else this.#hasFailed ||= !reporter.isJson;
  }

  async #receiveBytes(
    id: number,
    body: ByteReader,
    output: ByteOutput,
  ): Promise<void> {
    try {
      const { size, sha256 } = await output.takeMessage(body);
      this.#options.reporter.emit({
        event: "message",
        connection: this.number,
        id,
        bytes: size,
        sha256,
        path: output.path,
      });
    } catch (error) {
      await body.cancel();
      if (!(error instanceof FileFault)) throw error;
      this.#reportError("FILE", `Cannot take message ${id}: ${error.message}`, {
        id,
      });
      // No receipt tells the sender: only the end of the connection can.
      await this.stop();
    }
  }

  #noteOutcomes(outcomes: readonly FileOutcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.kind === "receipt") this.#hasFailed ||= !outcome.receipt.ok;
      if (outcome.kind !== "unsent" || isCancelled(outcome)) continue;
      this.#hasFailed = true;
      this.#error ??= outcome.error;
    }
  }

  #reportMessageError(error: unknown, id: number, name?: string): void {
    if (this.#isStopped) return;
    if (error instanceof LektError && error.code === "ABORTED") {
      this.#hasFailed ||= this.#options.output !== undefined;
      const reason = error.reason ?? "";
      return this.#options.reporter.emit({
        event: "aborted",
        connection: this.number,
        id,
        name,
        reason,
      });
    }
    const { code, message } = describeFault(error, name);
    if (code === "TRUNCATED") this.#truncatedCount++;
    this.#reportError(code, message, { id, name });
  }

  #reportConnectionError(error: unknown): void {
    if (error === undefined) return;
    this.#hasFailed = true;
    // Each message that was cut short has been told already.
    const { code, message } = describeFault(error);
    if (code === "TRUNCATED" && this.#truncatedCount > 0) return;
    this.#reportError(code, message);
  }

  /** `about`: the message that is concerned, and the name of the file that it is. */
  #reportError(
    code: ErrorEventCode,
    message: string,
    about: { id?: number; name?: string } = {},
  ): void {
    if (this.#isStopped) return;
    this.#hasFailed = true;
    this.#options.reporter.emit({
      event: "error",
      connection: this.number,
      code,
      message,
      ...about,
    });
  }
}
