/**
 * The question to a person whether a file is to be received.
 *
 * @module
 */
import type { FileSender } from "./file_policy.ts";
import type { Reporter } from "./reporter.ts";

/** A question that waits for its answer. */
interface Question {
  readonly text: string;
  readonly sender: FileSender;
  readonly settle: (isYes: boolean) => void;
}

/** Asks about one file at a time; what is typed goes to the other side meanwhile, and commands answer. */
export class FileQuestions {
  readonly #reporter: Reporter;
  readonly #trusted = new WeakSet<FileSender>();
  #question: Question | undefined;

  /** Asks through this reporter. */
  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Asks; a question that `signal` withdraws was not answered with yes. */
  ask(
    text: string,
    sender: FileSender,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#trusted.has(sender)) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const settle = (isYes: boolean) => {
      if (this.#question === question) this.#question = undefined;
      signal.removeEventListener("abort", withdraw);
      resolve(isYes);
    };
    const withdraw = () => {
      this.#reporter.note(`Not taken: ${text}`);
      settle(false);
    };
    const question: Question = { text, sender, settle };
    this.#question = question;
    signal.addEventListener("abort", withdraw);
    this.#reporter.note(`${text}: /take, /take all or /refuse`, "plain");
    return promise;
  }

  /** Answers the question that was shown; `all` takes the further files of that conversation unasked. */
  answer(which: string, isYes: boolean): void {
    const question = this.#question;
    if (!question) return this.#reporter.note("No file waits for an answer");
    if (which !== "" && which !== "all") {
      return this.#reporter.note(`One file waits: ${question.text}`);
    }
    if (isYes && which === "all") this.#trusted.add(question.sender);
    question.settle(isYes);
  }

  /** Tells what waits. */
  list(): void {
    if (this.#question) this.#reporter.note(`  ${this.#question.text}`);
  }
}
