/**
 * What goes back and forth over one connection of a conversation: what arrives
 * is told or saved.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { type Connection, LektError, type Remote } from "../../mod.ts";
import type { ByteReader } from "../talk/byte_reader.ts";
import {
  FileFault,
  hasContent,
  type IncomingFile,
  type OfferPart,
  readPlain,
  recognize,
  type Talk,
  type TextBudget,
} from "../talk/receive.ts";
import type { ByteOutput } from "./byte_output.ts";
import type { ErrorEventCode, Proof } from "./events.ts";
import { describeFault } from "./faults.ts";
import type { FilePolicy } from "./file_policy.ts";
import { IncomingFiles } from "./incoming_files.ts";
import { IncomingOffers } from "./incoming_offers.ts";
import type { FileOutcome } from "./outgoing_files.ts";
import { OutgoingItems } from "./outgoing_items.ts";
import { isConnectionFailure } from "./reconnect/loss.ts";
import type { Reporter } from "./reporter.ts";

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
  /** Whether it is a failure where nothing comes. Default: it is not. */
  readonly awaitsSomething?: boolean;
}

/** Which message an error is about, and the name of the file that it is. */
export interface FaultPlace {
  readonly id?: number | undefined;
  readonly name?: string | undefined;
}

/** What the conversation hears of its connection. */
export interface ExchangeHost {
  /** Something went wrong that is to be told. */
  readonly onFault: (
    code: ErrorEventCode,
    message: string,
    about?: FaultPlace,
  ) => void;
  /** Whether the conversation may go on over another connection after this error: what it has cut is told only where it does not. */
  readonly isLoss: (error: unknown) => boolean;
  /** Whether this side has ended it: what fails then is no news. */
  readonly isStopped: () => boolean;
  /** Something went wrong that has been told. */
  readonly onFailure: () => void;
  /** A text was taken. */
  readonly onTaken: (id: number) => void;
  /** The digest of the offer that was accepted last, while it is not over. */
  readonly admitted: Set<string>;
  /** Nothing can go on; no receipt could tell the sender. */
  readonly stop: () => Promise<void>;
}

/** A message that was read before anybody knew whose it is. */
export interface FirstMessage {
  readonly id: number;
  readonly talk: Talk;
}

/** One connection of a conversation. */
export class Exchange {
  /** The connection. */
  readonly connection: Connection;
  /** The files and folders that are sent over it. */
  readonly outgoing: OutgoingItems;
  readonly #number: number;
  readonly #options: ConversationOptions;
  readonly #host: ExchangeHost;
  readonly #incoming: IncomingFiles;
  readonly #offers: IncomingOffers;
  readonly #handlers = new Set<Promise<void>>();
  /** What the loss of the connection has cut. */
  readonly #cut: (() => void)[] = [];
  #truncatedCount = 0;
  #isOver = false;
  #hasHeard = false;

  /** Takes a connection over for the conversation with this number. */
  constructor(
    number: number,
    connection: Connection,
    options: ConversationOptions,
    host: ExchangeHost,
  ) {
    this.connection = connection;
    this.#number = number;
    this.#options = options;
    this.#host = host;
    this.outgoing = new OutgoingItems(connection);
    const incoming = {
      ...options,
      connection,
      number,
      admitted: host.admitted,
      onFault: (message: string, id?: number, name?: string) =>
        this.#tellFileFault(message, { id, name }),
    };
    this.#incoming = new IncomingFiles(incoming);
    this.#offers = new IncomingOffers(incoming, this.#incoming.sender);
  }

  /** Whether anything was said, sent or offered. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** Tells what the loss of the connection has cut, for nothing goes on; gives whether there are messages that were cut short. */
  tellCut(): boolean {
    for (const tell of this.#cut.splice(0)) tell();
    return this.#truncatedCount > 0;
  }

  /**
   * Reads to the other side's end.
   *
   * @param first What was read before.
   * @return Whether that end was in order, and what went wrong otherwise.
   */
  async receiveAll(
    first?: FirstMessage,
  ): Promise<{ isOrderly: boolean; error?: unknown }> {
    const end: { isOrderly: boolean; error?: unknown } = { isOrderly: true };
    try {
      if (first) await this.#start(first.id, Promise.resolve(first.talk));
      for (;;) {
        await this.#options.reporter.ready();
        await this.#incoming.ready();
        const message = await this.connection.receive();
        if (!message) break;
        await this.#start(message.id, recognize(message.body));
      }
    } catch (error) {
      end.isOrderly = false;
      end.error = error;
    }
    await Promise.all(this.#handlers);
    const left = await this.#offers.end();
    if (left !== undefined && end.isOrderly && !this.#host.isStopped()) {
      const why = "its sender has ended before it came";
      this.#host.onFault("FILE", `Cannot take ${left}: ${why}`);
    }
    await this.#incoming.flush();
    this.#isOver = true;
    this.outgoing.handleEnd();
    return end;
  }

  /** Whether the loss of the connection may have been what stopped a file. */
  hasCut(outcome: FileOutcome): boolean {
    return (outcome.kind === "unconfirmed" && this.#isOver) ||
      (outcome.kind === "unsent" && isConnectionFailure(outcome.error));
  }

  /**
   * Begins to handle a message. One whose bytes are all here is done before
   * the next turn of the event loop, and so before the next message: complete
   * messages are told in their order, and none waits for a large one.
   */
  async #start(id: number, talk: Promise<Talk>): Promise<void> {
    const handling = this.#handle(id, talk);
    this.#handlers.add(handling);
    handling.then(() => this.#handlers.delete(handling));
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(resolve);
    await Promise.race([handling, promise]);
  }

  async #handle(id: number, recognized: Promise<Talk>): Promise<void> {
    let name: string | undefined;
    try {
      const talk = await recognized;
      switch (talk.kind) {
        case "receipt":
          return this.outgoing.handleReceipt(talk.receipt);
        case "refusedFile":
          this.#hasHeard = true;
          return this.#incoming.refuse(id, talk.name, talk.fault);
        case "file":
          name = talk.file.header.name;
          return await this.#receiveFile(id, talk.file);
        case "offering":
          return await this.#receiveOffering(id, talk.part, talk.body);
        case "resume":
          // It says something only as the first message.
          return;
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
      this.outgoing.noteOffers();
      this.#offers.invite();
      if (!await hasContent(file)) return;
    }
    this.#hasHeard = true;
    await this.#incoming.receive(id, file);
  }

  async #receiveOffering(
    id: number,
    part: OfferPart,
    body: ByteReader,
  ): Promise<void> {
    if (part === "offer" || part === "content") {
      this.#hasHeard = true;
      await this.#offers.handle(part, id, body);
    } else {
      await this.outgoing.handle(part, body);
    }
  }

  async #receivePlain(id: number, body: ByteReader): Promise<void> {
    const { reporter, textBudget, output } = this.#options;
    this.#hasHeard = true;
    if (output) return await this.#receiveBytes(id, body, output);
    const { size, sha256, text } = await readPlain(body, {
      keepSizeMax: reporter.keptTextSizeMax,
      budget: textBudget,
    });
    this.#host.onTaken(id);
    reporter.emit({
      event: "message",
      connection: this.#number,
      id,
      bytes: size,
      sha256,
      text,
    });
    if (text !== undefined) textBudget.left += size;
    else if (!reporter.isJson) this.#host.onFailure();
  }

  async #receiveBytes(
    id: number,
    body: ByteReader,
    output: ByteOutput,
  ): Promise<void> {
    try {
      const { size, sha256 } = await output.takeMessage(body);
      this.#host.onTaken(id);
      this.#options.reporter.emit({
        event: "message",
        connection: this.#number,
        id,
        bytes: size,
        sha256,
        path: output.path,
      });
    } catch (error) {
      await body.cancel();
      if (!(error instanceof FileFault)) throw error;
      this.#host.onFault(
        "FILE",
        `Cannot take message ${id}: ${error.message}`,
        { id },
      );
      // No receipt tells the sender: only the end of the connection can.
      await this.#host.stop();
    }
  }

  /** What is not taken because the connection was lost is sent or offered again where the conversation goes on. */
  #tellFileFault(message: string, about: FaultPlace): void {
    const { ended } = this.#incoming.sender;
    const tell = () => this.#host.onFault("FILE", message, about);
    if (ended.aborted && this.#host.isLoss(ended.reason)) this.#cut.push(tell);
    else tell();
  }

  #reportMessageError(error: unknown, id: number, name?: string): void {
    if (this.#host.isStopped()) return;
    if (error instanceof LektError && error.code === "ABORTED") {
      const { output, awaitsSomething } = this.#options;
      const isMissed = name !== undefined || output !== undefined;
      if (isMissed || awaitsSomething) this.#host.onFailure();
      const reason = error.reason ?? "";
      return this.#options.reporter.emit({
        event: "aborted",
        connection: this.#number,
        id,
        name,
        reason,
      });
    }
    const { code, message } = describeFault(error, name);
    const tell = () => {
      if (code === "TRUNCATED") this.#truncatedCount++;
      this.#host.onFault(code, message, { id, name });
    };
    if (this.#host.isLoss(error)) this.#cut.push(tell);
    else tell();
  }
}
