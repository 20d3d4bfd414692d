/**
 * Every sequence of inputs up to a length, fed to a handshake: which steps it
 * takes, and whether it lets anybody in who must not be. Who may be let in is
 * decided here by the raw bytes alone.
 *
 * @module
 */
import { Handshake, LektError, type Role } from "../../src/handshake/mod.ts";

/** The clock stands at this moment when a handshake starts. */
const START_MS = 1_000;

/** What can happen besides bytes. */
export type Cause =
  | "bytes"
  | "end"
  | "failure"
  | "time"
  | "yes"
  | "no"
  | "written";

/** Bytes of one read. */
interface Read {
  bytes: Uint8Array;
  /** The same in latin1, where they can matter. */
  text: string;
}

/** An input. */
export interface Input {
  name: string;
  cause: Cause;
  /** What it brings, byte by byte, and as one read. */
  single: Read[];
  whole: Read[];
}

/** So many bytes come one by one, those behind them at once: there they can only be dropped. */
const SINGLE_COUNT_MAX = 20;

/** More than this is too long for every text of a packet that is a name. */
const TEXT_SIZE_MAX = 300;

function bytesInput(name: string, text: string): Input {
  const head = [...text.slice(0, SINGLE_COUNT_MAX)];
  const tail = text.slice(SINGLE_COUNT_MAX);
  return {
    name,
    cause: "bytes",
    single: [...head, ...(tail === "" ? [] : [tail])].map(readOf),
    whole: [readOf(text)],
  };
}

function readOf(latin1: string): Read {
  const bytes = Uint8Array.from(latin1, (each) => each.charCodeAt(0));
  return { bytes, text: latin1.slice(0, TEXT_SIZE_MAX) };
}

function otherInput(cause: Cause): Input {
  return { name: cause, cause, single: [], whole: [] };
}

/** All of them. */
export const ALPHABET: readonly Input[] = [
  bytesInput("Handshake", "LEKTH\x01\x01\0alice\0"),
  bytesInput("Handshake of 1.0.0", "LEKTH\x01\0\0al\0"),
  bytesInput("Handshake of version 2", "LEKTH\x02\x01\x04"),
  bytesInput("probe", "LEKTH\0\0\0"),
  bytesInput("Handshake without a name", "LEKTH\x01\x01\0\0"),
  bytesInput("beginning of a Handshake", "LEKTH\x01\x01\0al"),
  bytesInput("responder's Accept", "LEKTA\x01\x01\0bob\0"),
  bytesInput("responder's Accept with a bad name", "LEKTA\x01\x01\0\x1b\0"),
  bytesInput("responder's Accept of version 3", "LEKTA\x03\0\0"),
  bytesInput("initiator's Accept", "LEKTA\x01\x01\0"),
  bytesInput("initiator's Accept of 1.0.0", "LEKTA\x01\0\0"),
  bytesInput("Reject", "LEKTR\x01\x01\0busy\0"),
  bytesInput("Reject that is malformed", "LEKTR\x02\0\0\xff\0"),
  bytesInput("three letters", "LEK"),
  bytesInput("the rest of a name", "ice\0"),
  bytesInput("NUL", "\0"),
  bytesInput("much", "x".repeat(65_537)),
  otherInput("end"),
  otherInput("failure"),
  otherInput("time"),
  otherInput("yes"),
  otherInput("no"),
  otherInput("written"),
];

/** Marks in the history of a handshake what is no byte; no byte has such a code. */
const MARKS: Partial<Record<Cause, string>> = {
  yes: "\u{1000}",
  no: "\u{1001}",
  end: "\u{1002}",
  failure: "\u{1003}",
  time: "\u{1004}",
};

// What the alphabet has for names that are good: letters.
const NAME = "[a-zA-Z]{1,255}";

/** Whom a role may let in: nothing but this may have come, and in this order. */
const LET_IN: Record<Role, RegExp> = {
  responder: new RegExp(
    `^LEKTH\x01([^])([^])${NAME}\0\u{1000}LEKTA\x01\\1\\2`,
  ),
  initiator: new RegExp(`^LEKTA\x01[^][^]${NAME}\0\u{1000}`),
};

/** What came of all sequences. */
export interface Findings {
  /** Sequences that were looked at, those that go on behind the end counted among them. */
  sequenceCount: number;
  /** Sequences that were run: behind the end of a handshake one more input shows that nothing happens any more. */
  runCount: number;
  letInCount: number;
  /** Steps, each once, as `role from cause sent code to`. */
  steps: Set<string>;
  faults: string[];
}

/** One handshake, with what has happened to it. */
class Run {
  readonly handshake: Handshake;
  readonly role: Role;
  history = "";
  #nowMs = START_MS;
  #isWhole: boolean;
  #findings: Findings;
  #endCount = 0;
  #hasRejected = false;

  constructor(role: Role, isWhole: boolean, findings: Findings) {
    const nickname = role === "initiator" ? "alice" : "bob";
    this.role = role;
    this.handshake = new Handshake({
      role,
      nickname,
      versionMinor: 1,
      nowMs: START_MS,
    });
    this.#isWhole = isWhole;
    this.#findings = findings;
    // The initiator's Handshake is written before anything can come.
    if (role === "initiator") this.handshake.pollTransmit();
  }

  /** What can be seen from outside. */
  get seen(): string {
    return `${this.handshake.state}, deadline ${this.handshake.pollTimeout()}`;
  }

  /** Whether nothing can happen any more. */
  get isOver(): boolean {
    const { state } = this.handshake;
    return state === "connected" || state === "closed";
  }

  feed({ cause, single, whole }: Input): void {
    if (cause !== "bytes") {
      this.#step(cause, () => this.#happen(cause));
      return;
    }
    for (const { bytes, text } of this.#isWhole ? whole : single) {
      // Behind the Accept come message packets, which are not its business.
      if (this.handshake.state === "connected") return;
      this.history += text;
      this.#step(
        "bytes",
        () => this.handshake.handleReceived(bytes, this.#nowMs),
      );
    }
  }

  #happen(cause: Cause): void {
    const { handshake } = this;
    if (handshake.state === "connected") return;
    if (cause === "yes" || cause === "no") {
      if (this.#decide(cause === "yes")) this.history += MARKS[cause]!;
      return;
    }
    this.history += MARKS[cause] ?? "";
    if (cause === "end") handshake.handleEndOfStream(this.#nowMs);
    if (cause === "failure") {
      handshake.handleFailure(new Error("reset"), this.#nowMs);
    }
    if (cause === "time") {
      this.#nowMs = Math.max(this.#nowMs, handshake.pollTimeout() ?? 0);
      handshake.handleTimeout(this.#nowMs);
    }
    if (cause === "written" && this.#hasRejected) handshake.pollTransmit();
  }

  /** A decision that nobody has asked for is refused, and changes nothing. */
  #decide(decision: boolean): boolean {
    try {
      this.handshake.handleDecision(decision, this.#nowMs);
      return true;
    } catch (error) {
      const isRefused = error instanceof LektError &&
        error.code === "INVALID_ARGUMENT";
      if (!isRefused) throw error;
      return false;
    }
  }

  #step(cause: Cause, act: () => void): void {
    const { handshake, role } = this;
    const from = handshake.state;
    act();
    const to = handshake.state;
    const sent = this.#takePacket();
    let code = "";
    for (let event; (event = handshake.pollEvent()) !== undefined;) {
      if (event.kind === "failed") code = event.error.code;
      if (event.kind === "failed" || event.kind === "connected") {
        this.#endCount++;
      }
    }
    if (this.#endCount > 1) this.#findings.faults.push("it ends twice");
    // One read may take several steps at once; those are seen byte by byte.
    if (to === from || this.#isWhole) return;
    this.#findings.steps.add(
      `${role} ${from} ${cause} ${sent || "-"} ${code || "-"} ${to}`,
    );
  }

  /** What there is to be written; to ask behind a Reject says that it is written. */
  #takePacket(): string {
    if (this.#hasRejected) return "";
    const packet = this.handshake.pollTransmit();
    if (!packet) return "";
    this.#hasRejected = packet[4] === 0x52;
    return this.#hasRejected ? "Reject" : "Accept";
  }
}

/** Who was let in, and who was not, by the raw bytes. */
function judgeLetIn(
  run: Run,
  names: () => string,
  standsFor: number,
  findings: Findings,
): void {
  const isIn = run.handshake.state === "connected";
  const mayBeIn = LET_IN[run.role].test(run.history);
  if (isIn) findings.letInCount += standsFor;
  if (isIn === mayBeIn) return;
  findings.faults.push(
    `${run.role} is ${isIn ? "" : "not "}connected after ${names()}`,
  );
}

function nothingFound(): Findings {
  return {
    sequenceCount: 0,
    runCount: 0,
    letInCount: 0,
    steps: new Set(),
    faults: [],
  };
}

/** Feeds all sequences of `depth` inputs to both roles, byte by byte and in whole reads; of those that are over early, all that differ behind their end are one. */
export function exhaust(depth: number): Findings {
  const findings = nothingFound();
  const sequence: Input[] = [];
  for (const role of ["initiator", "responder"] as const) {
    visit(role, sequence, depth, findings);
  }
  return findings;
}

function visit(
  role: Role,
  sequence: Input[],
  depth: number,
  findings: Findings,
): void {
  if (depth === 0 || isLongOver(role, sequence)) {
    const standsFor = ALPHABET.length ** depth;
    findings.sequenceCount += standsFor;
    return runOne(role, sequence, standsFor, findings);
  }
  for (const input of ALPHABET) {
    sequence.push(input);
    visit(role, sequence, depth - 1, findings);
    sequence.pop();
  }
}

/** Whether the handshake is over before the last input of the sequence, however it is read. */
function isLongOver(role: Role, sequence: readonly Input[]): boolean {
  return [true, false].every((isWhole) => {
    const run = new Run(role, isWhole, nothingFound());
    for (const input of sequence.slice(0, -1)) run.feed(input);
    return run.isOver;
  });
}

function runOne(
  role: Role,
  sequence: readonly Input[],
  standsFor: number,
  findings: Findings,
): void {
  const names = (): string => sequence.map(({ name }) => name).join(", ");
  const single = new Run(role, false, findings);
  const whole = new Run(role, true, findings);
  findings.runCount++;
  try {
    for (const input of sequence) {
      single.feed(input);
      whole.feed(input);
    }
  } catch (error) {
    findings.faults.push(`${role} throws ${error} at ${names()}`);
    return;
  }
  if (single.seen !== whole.seen) {
    findings.faults.push(
      `${role}: ${single.seen} byte by byte, ${whole.seen} at once, at ${names()}`,
    );
  }
  judgeLetIn(single, names, standsFor, findings);
}
