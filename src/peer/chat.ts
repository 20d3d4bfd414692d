/**
 * What a person does at the keyboard.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import { type Code, completeCode, readCode } from "./code/code.ts";
import type { Conversation } from "./conversation.ts";
import { FileQuestions } from "./file_questions.ts";
import { cannotSend } from "./file_sources.ts";
import { type OfferedItem, offeredItem } from "./offered_items.ts";
import type { FileOutcome } from "./outgoing_files.ts";
import { Misuse } from "./misuse.ts";
import type { Reporter } from "./reporter.ts";
import { meantText } from "./slips.ts";
import type { Roster } from "./roster.ts";
import { isCancelled } from "./sending_reports.ts";
import type { PersonScreen, TypedLine } from "./screen.ts";
import { commonStart, completePath, typedPaths } from "./typed_paths.ts";
import { Visitors } from "./visitors.ts";

const ENCODER = new TextEncoder();

/** So many possible ends of a path are shown. */
const CHOICE_COUNT_MAX = 40;

const HELP = [
  "What you type goes to the other side.",
  "/send FILE...  send files and folders",
  "/cancel        give up the file that is being sent",
  "/who           who is here, and who waits for a yes",
  "/accept NAME   let somebody in who waits",
  "/reject NAME   turn somebody away who waits",
  "/take [all]    receive the file that waits, or all of that conversation",
  "/refuse        do not receive the file that waits",
  "/quit          end",
  "//...          say something that begins with /",
];

/** The commands, as Tab completes them. */
const COMMANDS = [
  "/accept ",
  "/cancel",
  "/help",
  "/quit",
  "/refuse",
  "/reject ",
  "/send ",
  "/take",
  "/who",
];

/** What {@linkcode Chat} works with. */
export interface ChatOptions {
  /** Where the person types. */
  readonly screen: PersonScreen;
  /** Tells the person what has become of it. */
  readonly reporter: Reporter;
  /** Who is here. */
  readonly roster: Roster;
  /** Ends the command. */
  readonly stop: (kind: "interrupted" | "quit") => void;
}

/** A person at the keyboard: most of what they type are texts for the other side. */
export class Chat {
  /** Those who wait for a yes or no. */
  readonly visitors: Visitors;
  /** The file that waits for a yes or no. */
  readonly files: FileQuestions;
  readonly #options: ChatOptions;
  /** Resolves when the files that were typed so far are looked up, and wait to be sent. */
  #lookup: Promise<void> = Promise.resolve();
  /** Takes the code that is asked for, while one is. */
  #takeCode: ((code: Code) => void) | undefined;

  /** Begins to read the keyboard. */
  constructor(options: ChatOptions) {
    const { screen, reporter, roster, stop } = options;
    this.#options = options;
    this.files = new FileQuestions(reporter);
    this.visitors = new Visitors({
      screen,
      reporter,
      isTalking: () => roster.addressee !== undefined,
    });
    roster.onChange = () => this.visitors.refresh();
    screen.readKeyboard({
      onLine: (line) => this.#handle(line),
      onTab: (text) => this.#complete(text),
      onInterrupt: () => stop("interrupted"),
      onEnd: () => stop("quit"),
    });
  }

  /** Asks for a code, until one is typed. */
  askCode(): Promise<Code> {
    const { reporter, screen } = this.#options;
    if (screen.isPlain) reporter.note("Which code were you given?");
    screen.setPrompt({ text: "The code that you were given: " });
    return new Promise((resolve) => this.#takeCode = resolve);
  }

  #handle(line: TypedLine): void {
    if (this.#takeCode) return this.#handleCode(line.text, this.#takeCode);
    const command = line.isPasted
      ? undefined
      : /^\/(?<word>[^/]\S*|$)\s*(?<rest>.*)$/.exec(line.text)?.groups;
    if (command) this.#run(command["word"]!, command["rest"]!.trim());
    else if (!this.visitors.takeAnswer(line)) this.#say(line);
    this.visitors.refresh();
  }

  #handleCode(text: string, take: (code: Code) => void): void {
    if (text.trim() === "") return;
    try {
      take(readCode(text));
    } catch (error) {
      if (!(error instanceof Misuse)) throw error;
      return this.#options.reporter.note(error.message, "error");
    }
    this.#takeCode = undefined;
    this.visitors.refresh();
  }

  #say({ text, isPasted }: TypedLine): void {
    // An empty line: somebody only wants to see the prompt.
    if (text.trim() === "") return;
    const { roster, reporter } = this.#options;
    const { addressee } = roster;
    if (!addressee) return reporter.note("Nobody is here yet: not sent");
    const isEscaped = !isPasted && text.startsWith("//");
    addressee.sendText(ENCODER.encode(isEscaped ? text.slice(1) : text));
    if (addressee.isAway) reporter.note("Kept until the other side is back");
  }

  #run(word: string, rest: string): void {
    const { reporter, stop } = this.#options;
    switch (word) {
      case "help":
        for (const help of HELP) reporter.note(help);
        return;
      case "quit":
        return stop("quit");
      case "who":
        return this.#tellWho();
      case "accept":
        return this.visitors.answer(rest, true);
      case "reject":
        return this.visitors.answer(rest, false);
      case "take":
        return this.files.answer(rest, true);
      case "refuse":
        return this.files.answer(rest, false);
      case "cancel":
        return this.#cancel();
      case "send":
        return this.#send(rest);
      default:
        reporter.note(
          `There is no command /${harmless(word)}${
            meantText(`/${word}`, COMMANDS.map((each) => each.trim())) ||
            ": try /help"
          }`,
        );
    }
  }

  #tellWho(): void {
    const { roster, reporter } = this.#options;
    for (const conversation of roster.all) {
      const isAddressee = conversation === roster.addressee;
      reporter.note(
        `  ${conversation.description} is ${
          conversation.isAway ? "looked for" : "here"
        }${isAddressee ? ", and gets what you type" : ""}`,
      );
    }
    this.files.list();
    this.visitors.list();
  }

  #cancel(): void {
    const { roster, reporter } = this.#options;
    if (!roster.addressee?.cancelFile()) {
      reporter.note("No file is being sent");
    }
  }

  #send(text: string): void {
    const { roster, reporter } = this.#options;
    const { addressee } = roster;
    if (!addressee) return reporter.note("Nobody is here yet: not sent");
    const paths = typedPaths(text).filter((path) => path !== "-");
    if (paths.length === 0) return reporter.note("Which file? /send FILE");
    // In the order in which they were typed, however long a look takes.
    this.#lookup = this.#lookup.then(() => this.#sendFiles(addressee, paths));
  }

  async #sendFiles(
    addressee: Conversation,
    paths: readonly string[],
  ): Promise<void> {
    const { reporter } = this.#options;
    const items: OfferedItem[] = [];
    for (const path of paths) {
      try {
        items.push(await offeredItem(path));
      } catch (error) {
        reporter.note(harmless(cannotSend(path, error)), "error");
      }
    }
    if (items.length === 0) return;
    const { outcomes } = addressee.sendItems(items);
    // The next are looked at meanwhile.
    void outcomes.then((results) => this.#tellUnsent(items, results));
  }

  /** Names what has not arrived where the conversation has ended, by whomever; the rest is told by itself. */
  #tellUnsent(
    items: readonly OfferedItem[],
    outcomes: readonly FileOutcome[],
  ): void {
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind !== "unsent" || isCancelled(outcome)) continue;
      const name = harmless(items[index]!.name);
      this.#options.reporter.note(`${name} is not sent`, "error");
    }
  }

  #complete(text: string): string {
    if (this.#takeCode) return completeCode(text);
    const { reporter } = this.#options;
    const sending = /^\/send\s+(?<path>.*)$/.exec(text)?.groups;
    if (sending) {
      const { insertion, choices } = completePath(sending["path"]!);
      for (const choice of choices.slice(0, CHOICE_COUNT_MAX)) {
        reporter.note(`  ${harmless(choice)}`);
      }
      return insertion;
    }
    const answering = /^\/(?:accept|reject)\s+(?<name>.*)$/.exec(text)?.groups;
    return answering
      ? completion(answering["name"]!, this.visitors.names)
      : completion(text, COMMANDS);
  }
}

/** What is missing of the one name, or of what all names that begin so have in common. */
function completion(start: string, names: readonly string[]): string {
  if (start === "") return "";
  const matching = names.filter((name) => name.startsWith(start));
  return commonStart(matching).slice(start.length);
}
