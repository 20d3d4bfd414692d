/**
 * Chromium by its own protocol, for what no page can do: to put itself out of
 * sight, or to sleep.
 *
 * @module
 */
import { CHROMIUM, type OpenPage, openPage } from "./browser_programs.ts";
import { within } from "./deadline.ts";

/** What a browser answers to a command. */
type Answer = Record<string, unknown>;

/** A tab. */
export interface Tab {
  /** Runs a script there, and gives what it resolves to. */
  run(script: string): Promise<unknown>;
  /** Puts the tab before all others. */
  show(): Promise<void>;
  /** Stops all that runs in it, as browsers do to save energy, or lets it go on. */
  setFrozen(isFrozen: boolean): Promise<void>;
}

/** A browser with tabs. */
export class DevTools implements AsyncDisposable {
  readonly #page: OpenPage;
  readonly #socket: WebSocket;
  readonly #asked = new Map<number, PromiseWithResolvers<Answer>>();
  #count = 0;

  private constructor(page: OpenPage, socket: WebSocket) {
    this.#page = page;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      if (error) this.#asked.get(id)?.reject(new Error(error.message));
      else this.#asked.get(id)?.resolve(result);
      this.#asked.delete(id);
    });
  }

  /** Starts the browser; `args` are what it is told besides. */
  static async start(args: readonly string[]): Promise<DevTools> {
    const page = await openPage(CHROMIUM, {
      url: "about:blank",
      args: ["--remote-debugging-port=0", ...args],
      stderr: "piped",
    });
    const url = await within(readUrl(page.process), "the browser");
    const socket = new WebSocket(url);
    const isOpen = Promise.withResolvers<unknown>();
    socket.addEventListener("open", isOpen.resolve);
    socket.addEventListener("error", isOpen.reject);
    await within(isOpen.promise, "its protocol");
    return new DevTools(page, socket);
  }

  /** Opens a page in a tab of its own, in front. */
  async open(url: string): Promise<Tab> {
    const { targetId } = await this.#ask("Target.createTarget", { url });
    const { sessionId } = await this.#ask("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const id = String(sessionId);
    return {
      run: async (expression) => {
        const { result, exceptionDetails } = await this.#ask(
          "Runtime.evaluate",
          { expression, awaitPromise: true, returnByValue: true },
          id,
        ) as { result: { value: unknown }; exceptionDetails?: unknown };
        if (exceptionDetails === undefined) return result.value;
        throw new Error(JSON.stringify(exceptionDetails));
      },
      show: async () => {
        await this.#ask("Target.activateTarget", { targetId });
      },
      setFrozen: async (isFrozen) => {
        const state = isFrozen ? "frozen" : "active";
        await this.#ask("Page.setWebLifecycleState", { state }, id);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#page[Symbol.asyncDispose]();
    await this.#page.process.stderr.cancel();
  }

  async #ask(
    method: string,
    params: object,
    sessionId?: string,
  ): Promise<Answer> {
    const id = ++this.#count;
    const asked = Promise.withResolvers<Answer>();
    this.#asked.set(id, asked);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return await within(asked.promise, method);
  }
}

async function readUrl(process: Deno.ChildProcess): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of process.stderr.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    const [url] = /ws:\/\/\S+/.exec(text) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`The browser ended: ${text}`);
}
