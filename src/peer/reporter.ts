/**
 * Shows what happens: to a program as JSON lines, to a person as text.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import { system } from "../runtime/system.ts";
import { adviceOn, shownReason } from "./advice.ts";
import {
  abortedLine,
  announcedLine,
  closedLine,
  fileLine,
  folderLine,
  keptLine,
  lostLine,
  receiptLine,
  registeredLine,
  resumedLine,
  stalledLine,
} from "./event_lines.ts";
import type { PeerEvent } from "./events.ts";
import { connectedLine, describePeer, shownNickname } from "./proof.ts";
import type { Output } from "./output.ts";
import {
  formatSize,
  formatTime,
  type Transfer,
  Transfers,
} from "./progress.ts";
import { SilenceWatch } from "./silence.ts";
import type { PersonScreen } from "./screen.ts";
import { codeLines } from "./code/code_lines.ts";
import { type Style, styled, type StyledLine } from "./style.ts";
import { summaryLines } from "./summary.ts";
import { inAscii } from "./terminal_kind.ts";

/** A bar that moves more often than this many milliseconds is not looked at more closely. */
const REDRAW_MS = 100;

/** A file of which so many milliseconds nothing has moved is worth a word. */
const STALL_MS = 10_000;

/** Bytes of the longest text that a JSON line holds. */
const JSON_TEXT_SIZE_MAX = 64 * 1024;

/** Bytes of the longest text that is printed; a longer one is only described. */
const PRINTED_TEXT_SIZE_MAX = 16 * 1024 * 1024;

/** Text mode is for text. */
const OUTPUT_HINT = 'with "--output -" bytes are written as they are';

/** A file on its way, as whoever moves it sees it. */
export interface TransferHandle {
  /** Counts further bytes. */
  add(byteCount: number): void;
  /** Ends it; `isDone` tells whether the file is where it should be. */
  end(isDone: boolean): void;
}

/** Where the reports go. */
export interface ReporterOptions {
  /** What the command was called as. */
  program: string;
  /** Where received files go, to be told once somebody can send any. */
  folder?: string | undefined;
  /** Machine-readable: JSON lines on standard output and nothing else there. */
  isJson: boolean;
  /** Standard output. */
  stdout: Output;
  /** Standard error. */
  stderr: Output;
  /** Whether the terminal shows more than ASCII. Default: it does. */
  isUnicode?: boolean;
  /** The screen, where standard error is a terminal. */
  screen?: PersonScreen | undefined;
  /** After so many milliseconds without a byte a file is called stalled; 10 s where it is left out. */
  stallMs?: number;
}

/** Shows what happens. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #nicknames = new Map<number, string>();
  /** Those who ask to talk, and are not connected. */
  readonly #askers = new Map<number, string>();
  readonly #transfers = new Transfers();
  #hasToldOfEscapes = false;
  #hasToldFolder = false;
  #redrawTimer: ReturnType<typeof setTimeout> | undefined;

  /** Takes over where reports go. */
  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Whether a program reads: each message is told with its hash. */
  get isJson(): boolean {
    return this.#options.isJson;
  }

  /** Whether a person looks at a terminal that can show pictures of block characters. */
  get showsPictures(): boolean {
    const { isJson, screen, isUnicode = true } = this.#options;
    return !isJson && isUnicode && screen?.isPlain === false;
  }

  /** Bytes of the longest text that is worth keeping. */
  get keptTextSizeMax(): number {
    return this.#options.isJson ? JSON_TEXT_SIZE_MAX : PRINTED_TEXT_SIZE_MAX;
  }

  /** Resolves when the reader of standard output keeps up. */
  async ready(): Promise<void> {
    await this.#options.stdout.ready();
  }

  /** Shows one thing that happened. */
  emit(event: PeerEvent): void {
    const { isJson, stdout } = this.#options;
    if (event.event === "request") {
      this.#askers.set(event.connection, shownNickname(event.nickname));
    }
    if (event.event === "connected") {
      this.#nicknames.set(event.connection, shownNickname(event.nickname));
    }
    if (isJson) this.#print(() => stdout.write(`${JSON.stringify(event)}\n`));
    else this.#tell(event);
    if (event.event === "listening" || event.event === "connected") {
      this.#tellFolder();
    }
    this.#forget(event);
  }

  #forget(event: PeerEvent): void {
    switch (event.event) {
      case "closed":
        this.#nicknames.delete(event.connection);
        break;
      case "connected":
      case "rejected":
        this.#askers.delete(event.connection);
        break;
      case "error":
        if (event.connection !== undefined) {
          this.#askers.delete(event.connection);
        }
    }
  }

  /** Tells a person something that is no event. */
  note(text: string, style: Style = "quiet"): void {
    const { isJson, stderr, screen, isUnicode = true } = this.#options;
    if (isJson && !screen) return;
    const shown = isUnicode ? text : inAscii(text);
    const line = `${this.#styled(shown, style, stderr)}\n`;
    this.#print(() => stderr.writeOrDrop(line));
  }

  /** Begins to show a file on its way, where a person can see it; the result counts its bytes and ends that. */
  startTransfer(
    direction: "to" | "from",
    connection: number,
    name: string,
    size: number | undefined,
  ): TransferHandle {
    const who = this.#nicknames.get(connection) ?? "";
    const arrow = direction === "to" ? "->" : "<-";
    const label = `${harmless(name)} ${arrow} ${who}`;
    const transfer = this.#transfers.start(label, size, Date.now());
    this.#scheduleRedraw();
    const stallMs = this.#options.stallMs ?? STALL_MS;
    const seconds = Math.round(stallMs / 1000);
    const silence = new SilenceWatch(stallMs, () => {
      const event = "stalled";
      this.emit({
        event,
        connection,
        name: harmless(name),
        direction,
        seconds,
      });
    });
    return {
      add: (byteCount) => {
        transfer.add(byteCount);
        // Not before its first byte: a file may wait for its turn.
        silence.start();
        silence.touch();
      },
      end: (isDone) => {
        silence.stop();
        this.#endTransfer(transfer, isDone);
      },
    };
  }

  /** Stops moving. */
  close(): void {
    clearTimeout(this.#redrawTimer);
    this.#redrawTimer = undefined;
  }

  #endTransfer(transfer: Transfer, isDone: boolean): void {
    this.#transfers.end(transfer);
    const { screen } = this.#options;
    if (!screen) return;
    const nowMs = Date.now();
    const time = formatTime(transfer.elapsedMs(nowMs) / 1000);
    const line = transfer.render(screen.columns - 10, nowMs, !screen.isPlain);
    screen.setBars(this.#transfers.render(screen.columns - 1, nowMs));
    if (isDone && transfer.elapsedMs(nowMs) > 1000) {
      this.note(`${line}  in ${time}`);
    }
  }

  #scheduleRedraw(): void {
    const { screen } = this.#options;
    if (!screen || this.#redrawTimer !== undefined) return;
    this.#redrawTimer = setTimeout(() => {
      this.#redrawTimer = undefined;
      screen.setBars(this.#transfers.render(screen.columns - 1, Date.now()));
      if (!this.#transfers.isEmpty) this.#scheduleRedraw();
    }, REDRAW_MS);
  }

  #print(write: () => void): void {
    const { screen } = this.#options;
    if (screen) screen.print(write);
    else write();
  }

  #styled(text: string, style: Style, output: Output): string {
    const { screen } = this.#options;
    const isColoured = output.isTerminal && !system.noColor && !screen?.isPlain;
    return isColoured ? styled(text, style) : text;
  }

  /** A text that was received: all that a person's program may read on standard output. */
  #say(connection: number, text: string): void {
    const { stdout } = this.#options;
    const line = harmless(text);
    if (line !== text && !stdout.isTerminal && !this.#hasToldOfEscapes) {
      this.#hasToldOfEscapes = true;
      this.note(
        `Control characters in texts are written as \\u{...}: ${OUTPUT_HINT}`,
      );
    }
    const who = stdout.isTerminal
      ? `${this.#styled(`${this.#who(connection)}:`, "name", stdout)} `
      : "";
    this.#print(() => stdout.write(`${who}${line}\n`));
  }

  #who(connection: number): string {
    return this.#nicknames.get(connection) ?? `connection ${connection}`;
  }

  #tell(event: PeerEvent): void {
    switch (event.event) {
      case "listening":
        this.note(`Listening on ${event.methods.join(" and ")}`);
        if (event.key) this.note(`The key to pin there is ${event.key}`);
        return;
      case "registered":
        return this.note(registeredLine(event));
      case "announced":
        return this.note(announcedLine(event));
      case "code":
        return this.#tellLines(codeLines(event, this.#options.program));
      case "request":
        // At a terminal either a question follows or the answer at once.
        if (this.#options.screen) return;
        return this.note(`${describePeer(event)} asks to talk`);
      case "connected":
        return this.note(connectedLine(event));
      case "message":
        return this.#tellMessage(event);
      case "lost":
        return this.note(lostLine(this.#who(event.connection), event), "error");
      case "resumed":
        return this.note(
          resumedLine(this.#who(event.connection), event),
          "plain",
        );
      case "file":
        return this.note(fileLine(this.#who(event.connection), event), "plain");
      case "folder":
        return this.note(
          folderLine(this.#who(event.connection), event),
          "plain",
        );
      case "offer":
        return this.#tellOffer(event);
      case "leftOut":
        return this.#tellLeftOut(event);
      case "receipt":
        return this.note(
          receiptLine(this.#who(event.connection), event),
          event.ok ? "quiet" : "error",
        );
      case "stalled":
        return this.note(stalledLine(this.#who(event.connection), event));
      case "kept":
        return this.note(keptLine(event));
      case "aborted":
        return this.note(abortedLine(this.#who(event.connection), event));
      case "summary":
        return this.#tellLines(summaryLines(event.files));
      case "rejected":
        return this.#tellRejected(event);
      case "error":
        return this.#tellError(event);
      case "closed":
        return this.note(closedLine(this.#who(event.connection), event));
    }
  }

  #tellFolder(): void {
    const { folder } = this.#options;
    if (folder === undefined || this.#hasToldFolder) return;
    this.#hasToldFolder = true;
    this.note(`Received files go to ${harmless(folder)}`);
  }

  #tellMessage(event: PeerEvent & { event: "message" }): void {
    const { connection, bytes, sha256, text, path } = event;
    if (text !== undefined) return this.#say(connection, text);
    const what = `${this.#who(connection)} sent a message of ${
      formatSize(bytes)
    }`;
    if (path !== undefined) {
      return this.note(`${what}, written to ${harmless(path)}`);
    }
    this.note(
      `${what} that is no text to show (SHA-256 ${sha256}), and it was not kept: ${OUTPUT_HINT}`,
      "error",
    );
  }

  #tellError(event: PeerEvent & { event: "error" }): void {
    const { code, message, connection = 0 } = event;
    const name = this.#nicknames.get(connection) ??
      this.#askers.get(connection);
    const who = name === undefined ? "" : ` (${name})`;
    const advice = adviceOn(message, this.#options.program);
    this.note(`error ${code}${who}: ${harmless(message)}${advice}`, "error");
  }

  #tellRejected(event: PeerEvent & { event: "rejected" }): void {
    const { by, connection, reason } = event;
    const name = this.#askers.get(connection);
    const what = by === "remote"
      ? "Rejected"
      : name === undefined
      ? "Rejected by us"
      : `${name} was rejected by us`;
    this.note(`${what}: ${harmless(shownReason(by, reason))}`, "error");
  }

  #tellLines(lines: readonly StyledLine[]): void {
    for (const { text, style } of lines) this.note(text, style);
  }

  /** What is left out of an offer: of the rest the question tells, or where it is in the end. */
  #tellOffer({ connection, leftOut }: PeerEvent & { event: "offer" }): void {
    for (const { path, reason } of leftOut) {
      this.note(`${this.#who(connection)} leaves out ${path}: ${reason}`);
    }
  }

  /** The same of what is offered here. */
  #tellLeftOut({ leftOut, more }: PeerEvent & { event: "leftOut" }): void {
    for (const { path, reason } of leftOut) {
      this.note(`Left out: ${harmless(`${path}: ${reason}`)}`);
    }
    if (more > 0) this.note(`Left out: ${more} more`);
  }
}
