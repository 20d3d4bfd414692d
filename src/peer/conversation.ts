/**
 * One conversation: what arrives is told or saved, what we say is sent.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { setImmediate } from "node:timers";
import {
  type Connection,
  LektError,
  type Message,
  type Remote,
} from "../../mod.ts";
import type { Proof } from "./events.ts";
import type { ByteReader } from "../talk/byte_reader.ts";
import {
  FileFault,
  type IncomingFile,
  readPlain,
  recognize,
  type TextBudget,
} from "../talk/receive.ts";
import { encodeReceipt, type Receipt } from "../talk/mod.ts";
import { harmless } from "../base/text.ts";
import type { ErrorEventCode } from "./events.ts";
import {
  type FileOutcome,
  type FileSource,
  OutgoingFiles,
} from "./outgoing_files.ts";
import type { Reporter, TransferHandle } from "./reporter.ts";
import { type SavedFile, saveFile } from "./save_file.ts";

/** Files that one conversation may have under way at once: each holds an open file. */
const INCOMING_FILE_COUNT_MAX = 256;

/** What all conversations of the process share. */
export interface ConversationOptions {
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** Where received files go. */
  readonly saveFolder: string;
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
  readonly #files: OutgoingFiles;
  readonly #handlers = new Set<Promise<void>>();
  #incomingFileCount = 0;
  #truncatedCount = 0;
  #hasFailed = false;
  #isStopped = false;
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
    this.#files = new OutgoingFiles(connection);
    const { nickname, version, method } = connection.remote;
    const { role } = connection;
    options.reporter.emit({
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

  /**
   * Lives through the conversation: reads until the other side has ended,
   * ends this side as soon as `mayEnd` allows, and tells that it is closed.
   *
   * @param mayEnd Called once the other side has ended; resolves when this side may end too.
   */
  async run(mayEnd: () => Promise<void>): Promise<void> {
    const isOrderly = await this.#receiveAll();
    this.#files.handleEnd();
    if (isOrderly && !this.#isStopped) {
      await Promise.race([mayEnd(), this.#connection.closed]);
      await this.closeWrite();
    }
    await this.#connection.close();
    const { clean, error } = await this.#connection.closed;
    if (!this.#isStopped) this.#reportConnectionError(error ?? this.#error);
    this.#options.reporter.emit({
      event: "closed",
      connection: this.number,
      clean,
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
   * Sends a file in the form of the talk convention.
   *
   * @return `sent` resolves when the next may follow, `confirmed` when the receipt is there, or none will come.
   */
  sendFile(
    source: FileSource,
  ): { sent: Promise<void>; confirmed: Promise<void> } {
    const transfer = this.#startTransfer("to", source);
    const { sent, outcome } = this.#files.send(
      source,
      (byteCount) => transfer.add(byteCount),
    );
    const confirmed = outcome.then((result) => {
      transfer.end(result.kind === "receipt" && result.receipt.ok);
      this.#handleOutcome(source, result);
    });
    return { sent, confirmed };
  }

  /** Sends a file as a bare message. */
  async sendRaw(source: FileSource): Promise<void> {
    const transfer = this.#startTransfer("to", source);
    const fault = await this.#files.sendRaw(
      source,
      (byteCount) => transfer.add(byteCount),
    );
    transfer.end(!fault);
    if (fault) this.#handleOutcome(source, fault);
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
    this.#files.stop("the sender has ended");
    await this.#connection.close();
  }

  #startTransfer(
    direction: "to" | "from",
    file: { name: string; size?: number },
  ): TransferHandle {
    const { reporter } = this.#options;
    return reporter.startTransfer(direction, this.number, file.name, file.size);
  }

  /** Reads to the other side's end; tells whether that was in order. */
  async #receiveAll(): Promise<boolean> {
    let isOrderly = true;
    try {
      for (;;) {
        await this.#options.reporter.ready();
        const message = await this.#connection.receive();
        if (!message) break;
        await this.#start(message);
      }
    } catch (error) {
      isOrderly = false;
      this.#error = error;
    }
    await Promise.all(this.#handlers);
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
    try {
      const talk = await recognize(message.body);
      switch (talk.kind) {
        case "receipt":
          return this.#files.handleReceipt(talk.receipt);
        case "refusedFile":
          return await this.#refuse(id, talk.fault);
        case "file":
          return await this.#receiveFile(id, talk.file);
        case "plain":
          return await this.#receivePlain(id, talk.body);
      }
    } catch (error) {
      this.#reportMessageError(id, error);
    }
  }

  async #receivePlain(id: number, body: ByteReader): Promise<void> {
    const { reporter, textBudget } = this.#options;
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
  }

  async #receiveFile(id: number, file: IncomingFile): Promise<void> {
    if (this.#incomingFileCount >= INCOMING_FILE_COUNT_MAX) {
      await file.body.cancel();
      return await this.#refuse(id, "too many files at once");
    }
    this.#incomingFileCount++;
    const transfer = this.#startTransfer("from", file.header);
    let saved: SavedFile | undefined;
    try {
      saved = await saveFile(
        this.#options.saveFolder,
        file,
        (byteCount) => transfer.add(byteCount),
      );
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      // What the local disk says is not for the other side.
      const reason = error.cause ? "it cannot be saved" : error.message;
      return await this.#refuse(id, error.message, reason);
    } finally {
      this.#incomingFileCount--;
      transfer.end(saved !== undefined);
    }
    this.#options.reporter.emit({
      event: "file",
      connection: this.number,
      id,
      name: harmless(file.header.name),
      path: saved.path,
      bytes: saved.size,
      sha256: saved.sha256,
    });
    await this.#sendReceipt({ id, ok: true });
  }

  async #refuse(id: number, fault: string, reason = fault): Promise<void> {
    this.#reportError("FILE", `Cannot take the file: ${fault}`, id);
    await this.#sendReceipt({ id, ok: false, reason });
  }

  async #sendReceipt(receipt: Receipt): Promise<void> {
    try {
      await this.#connection.send(encodeReceipt(receipt));
    } catch {
      // This side has ended: the file stays unconfirmed.
    }
  }

  #handleOutcome(source: FileSource, outcome: FileOutcome): void {
    switch (outcome.kind) {
      case "receipt":
        this.#hasFailed ||= !outcome.receipt.ok;
        return this.#options.reporter.emit({
          event: "receipt",
          connection: this.number,
          ...outcome.receipt,
        });
      case "unconfirmed":
        return this.#reportError(
          "FILE",
          `Cannot tell whether ${source.name} has arrived: no receipt came`,
          outcome.id,
        );
      case "unreadable":
        return this.#reportError(
          "FILE",
          `Cannot send ${source.name}: ${outcome.error.message}`,
        );
      case "unsent":
        this.#hasFailed = true;
        this.#error ??= outcome.error;
    }
  }

  #reportMessageError(id: number, error: unknown): void {
    if (this.#isStopped) return;
    if (error instanceof LektError && error.code === "ABORTED") {
      const reason = error.reason ?? "";
      return this.#options.reporter.emit({
        event: "aborted",
        connection: this.number,
        id,
        reason,
      });
    }
    const code = codeOf(error);
    if (code === "TRUNCATED") this.#truncatedCount++;
    this.#reportError(code, messageOf(error), id);
  }

  #reportConnectionError(error: unknown): void {
    if (error === undefined) return;
    this.#hasFailed = true;
    // Each message that was cut short has been told already.
    const code = codeOf(error);
    if (code === "TRUNCATED" && this.#truncatedCount > 0) return;
    this.#reportError(code, messageOf(error));
  }

  #reportError(code: ErrorEventCode, message: string, id?: number): void {
    if (this.#isStopped) return;
    this.#hasFailed = true;
    this.#options.reporter.emit({
      event: "error",
      connection: this.number,
      code,
      message,
      id,
    });
  }
}

function codeOf(error: unknown): ErrorEventCode {
  return error instanceof LektError ? error.code : "FILE";
}
