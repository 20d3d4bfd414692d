/**
 * A conversation of the command over a byte stream in memory.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import type { ByteOutput } from "../../src/peer/byte_output.ts";
import { Conversation } from "../../src/peer/conversation.ts";
import {
  FilePolicy,
  type FilePolicyOptions,
} from "../../src/peer/file_policy.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import { Output } from "../../src/peer/output.ts";
import { Reporter } from "../../src/peer/reporter.ts";
import type { Continuity } from "../../src/peer/reconnect/continuity.ts";
import { connectPair } from "./connection_pair.ts";
import { within } from "./deadline.ts";

/** Keeps what is written. */
class TextSink {
  text = "";
  readonly #decoder = new TextDecoder();

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(this.writeSync(bytes));
  }

  writeSync(bytes: Uint8Array): number {
    this.text += this.#decoder.decode(bytes, { stream: true });
    return bytes.length;
  }

  isTerminal(): boolean {
    return false;
  }
}

/** A conversation, and who it is with. */
export interface ConversationScene {
  /** The side of the command. */
  readonly conversation: Conversation;
  /** The other side. */
  readonly other: Connection;
  /** The folder that received files go to. */
  readonly folder: string;
  /** What the conversation has told so far. */
  events(): PeerEvent[];
  /** Settles when the conversation is over. */
  readonly over: Promise<void>;
}

/** One side of a conversation of the command, and what it has told. */
export interface TalkingSide {
  /** The side. */
  readonly conversation: Conversation;
  /** What it has told so far. */
  events(): PeerEvent[];
}

/** How the command talks. */
export interface TalkOptions extends Partial<FilePolicyOptions> {
  readonly folder: string;
  /** Whether it is a failure where nothing comes. */
  readonly awaitsSomething?: boolean;
  /** Where all received bytes go instead. */
  readonly output?: ByteOutput;
}

/** Lets the command talk over a connection; received files go to `policy.folder`. With what `makeContinuity` makes it goes on behind a loss. */
export function talkOver(
  connection: Connection,
  { awaitsSomething = false, output, ...policy }: TalkOptions,
  makeContinuity?: (reporter: Reporter) => Continuity,
): TalkingSide {
  const sink = new TextSink();
  const stdout = new Output(sink);
  const stderr = new Output(new TextSink());
  const reporter = new Reporter({
    program: "peer",
    isJson: true,
    stdout,
    stderr,
  });
  const continuity = makeContinuity?.(reporter);
  const conversation = new Conversation(1, connection, {
    reporter,
    files: new FilePolicy({
      word: "all",
      ask: () => Promise.resolve(false),
      answerTimeoutMs: 1_000,
      ...policy,
    }),
    textBudget: { left: 1_000_000 },
    proofOf: () => ({}),
    awaitsSomething,
    ...(output ? { output } : {}),
  }, { continuity });
  const events = () =>
    sink.text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  return { conversation, events };
}

/** What differs from the rule. */
export interface ConversationSceneOptions {
  /** When this side may end, once the other has. */
  readonly mayEnd?: () => Promise<void>;
  /** Which files are taken. */
  readonly policy?: Partial<FilePolicyOptions>;
}

/** Runs a test with a conversation in a fresh folder, and ends it behind that. */
export async function withConversation(
  run: (scene: ConversationScene) => Promise<void>,
  { mayEnd = () => Promise.resolve(), policy }: ConversationSceneOptions = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const { alice, bob } = await connectPair();
  const { conversation, events } = talkOver(bob, { ...policy, folder });
  const over = conversation.run(mayEnd);
  try {
    await run({
      conversation,
      other: alice,
      folder,
      over,
      events,
    });
  } catch (error) {
    // What the test has left behind must not hide why it failed.
    console.error(error);
    throw error;
  } finally {
    await within(alice.close(), "the other side to close");
    await within(over, "the conversation to end");
    await Deno.remove(folder, { recursive: true });
  }
}
