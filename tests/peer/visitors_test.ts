// Those who wait for a person's yes or no: how many, who is meant, and what they are told; in virtual time.
import { assert, assertEquals } from "@std/assert";
import type { Accept, Remote } from "../../mod.ts";
import { makeDecider } from "../../src/peer/decide.ts";
import { parsePolicy } from "../../src/peer/policy.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import type { PersonScreen, Prompt } from "../../src/peer/screen.ts";
import { ENDED, TURNED_AWAY, Visitors } from "../../src/peer/visitors.ts";
import { turns } from "../helpers/deadline.ts";
import { inVirtualTime, pause } from "../helpers/virtual_run.ts";

/** Bob, who comes from there. */
function remoteAt(address: string): Remote {
  return {
    nickname: "bob",
    version: "1.1.0",
    method: "tcp://0.0.0.0:15358",
    address,
    verified: false,
  };
}

/** A person, and what they see. */
class Scene {
  readonly notes: string[] = [];
  prompt: Prompt | undefined;
  isTyping = false;
  isTalking = false;
  fits = true;
  readonly visitors: Visitors;
  readonly #decide: Accept;

  constructor() {
    // deno-lint-ignore no-this-alias -- the screen has a `this` of its own
    const scene = this;
    const screen = {
      get prompt() {
        return scene.prompt;
      },
      get isTyping() {
        return scene.isTyping;
      },
      setPrompt: (prompt?: Prompt) => this.prompt = prompt,
      fits: () => this.fits,
    } as unknown as PersonScreen;
    const note = (text: string): void => void this.notes.push(text);
    this.visitors = new Visitors({
      screen,
      reporter: { note } as unknown as Reporter,
      isTalking: () => this.isTalking,
    });
    this.#decide = makeDecider({
      policy: parsePolicy(["ask", "friend"]),
      action: "asks to talk",
      knowsOthers: () => false,
      visitors: () => this.visitors,
    });
  }

  /** Somebody asks; tells what is said to them, where that is known at once. */
  async ask(
    address: string,
    { nickname = "bob", signal = new AbortController().signal, relay = "" } =
      {},
  ): Promise<{ now?: true | string; later: Promise<unknown> }> {
    const remote = { ...remoteAt(address), nickname };
    if (relay !== "") remote.method = `relay://${relay}/${"A".repeat(43)}`;
    const later = Promise.resolve(this.#decide(remote, { signal } as never));
    let now: { now?: true | string } = {};
    later.then((said) => now = { now: said as true | string });
    await turns();
    return { ...now, later };
  }

  type(text: string, isPasted = false): boolean {
    const { prompt } = this;
    return this.visitors.takeAnswer({ text, isPasted, prompt });
  }
}

Deno.test("eight of one client may wait, and sixteen in all", () =>
  inVirtualTime(async () => {
    const clients: ((count: number) => [string, { relay?: string }?])[] = [
      (count) => [`192.0.2.7:${count + 1_024}`],
      // All of a /64 is one client's.
      (count) => [`[2001:db8::${count}]:15358`],
      (count) => ["192.0.2.7", { relay: `r${count}.example` }],
    ];
    for (const client of clients) {
      const scene = new Scene();
      for (let count = 0; count < 8; count++) {
        assertEquals((await scene.ask(...client(count))).now, undefined);
      }
      assertEquals((await scene.ask(...client(8))).now, TURNED_AWAY);
      for (let count = 0; count < 8; count++) {
        const { now } = await scene.ask(`198.51.100.${count}:1`);
        assertEquals(now, undefined);
      }
      assertEquals((await scene.ask("203.0.113.1:1")).now, TURNED_AWAY);
      assertEquals(scene.visitors.names.length, 16);
      scene.visitors.leave();
    }
  }));

Deno.test("twenty of one client may ask within a minute, and sixty in all", () =>
  inVirtualTime(async () => {
    for (const [clientCount, max] of [[1, 20], [60, 60]] as const) {
      const scene = new Scene();
      const ask = async (count: number) => {
        const host = `192.0.2.${count % clientCount}:1`;
        const { now, later } = await scene.ask(host);
        if (now === undefined) {
          assert(scene.type("n"));
          assertEquals(await later, "declined");
        }
        return now;
      };
      for (let count = 0; count < max; count++) {
        assertEquals(await ask(count), undefined);
      }
      await pause(59_999);
      assertEquals(await ask(0), TURNED_AWAY);
      await pause(1);
      assertEquals(await ask(0), undefined);
      await pause(60_000);
      // Of those who are turned away each hundredth is told of.
      for (let count = 0; count < max + 101; count++) await ask(count);
      const told = scene.notes.filter((note) => note.startsWith("Too many"));
      assertEquals(told.length, 2);
    }
  }));

Deno.test("a person answers the one about whom they are asked, by a yes or a no that they typed", () =>
  inVirtualTime(async () => {
    const answers: [string, true | string][] = [
      ["y", true],
      [" Yes ", true],
      ["n", "declined"],
      ["no", "declined"],
      ["", "declined"],
    ];
    for (const [text, said] of answers) {
      const scene = new Scene();
      const { later } = await scene.ask("192.0.2.7:1");
      const { prompt } = scene;
      assertEquals(prompt?.text, "bob (192.0.2.7:1) asks to talk");
      assertEquals(scene.type("y", true), false, "pasted");
      assertEquals(scene.type("yesterday"), false, "something else");
      assertEquals(scene.type(text), true);
      assertEquals(await later, said);
      assertEquals([scene.prompt, scene.notes], [undefined, []]);
      assertEquals(scene.type(text), false, "nobody is asked about");
      const late = { text, isPasted: false, prompt };
      assertEquals(scene.visitors.takeAnswer(late), true);
      const note = "Who asked that does not wait any more";
      assertEquals(scene.notes, text === "" ? [] : [note]);
    }
  }));

Deno.test("somebody is named in the answer where the prompt is another's, by nickname or address", () =>
  inVirtualTime(async () => {
    const scene = new Scene();
    scene.isTalking = true;
    const [bob, other, cyd] = [
      await scene.ask("192.0.2.1:1"),
      await scene.ask("192.0.2.2:1"),
      await scene.ask("192.0.2.3:1", { nickname: "cyd" }),
    ];
    const asked = "bob (192.0.2.1:1) asks to talk";
    assertEquals(scene.notes[0], `${asked}: /accept NAME or /reject NAME`);
    assertEquals([scene.notes.length, scene.prompt], [3, undefined]);
    const listed = () => scene.notes.splice(0)[0];
    scene.notes.splice(0);
    for (
      const [name, says] of [
        ["", "Whom?"],
        ["eve", "Nobody called eve waits"],
        ["bob", "Several are called bob: say the address instead"],
      ] as const
    ) {
      scene.visitors.answer(name, true);
      assertEquals(scene.notes.length, 4);
      assertEquals(listed(), says);
    }
    scene.visitors.answer("192.0.2.2:1", true);
    scene.visitors.answer("cyd", false);
    assertEquals([await other.later, await cyd.later], [true, "declined"]);
    // What is typed goes to nobody now: the prompt asks about the one who waits.
    scene.isTalking = false;
    scene.isTyping = true;
    scene.visitors.refresh();
    assertEquals(scene.prompt, undefined);
    scene.isTyping = false;
    scene.visitors.refresh();
    assertEquals(scene.prompt?.text, asked);
    scene.isTyping = true;
    scene.visitors.refresh();
    assertEquals(scene.prompt?.text, asked, "what a line was begun behind");
    scene.visitors.leave();
    assertEquals(await bob.later, ENDED);
    scene.visitors.list();
    assertEquals(scene.notes, ["Nobody waits"]);
  }));

Deno.test("who does not wait any more is not asked about, and who is known is not either", () =>
  inVirtualTime(async () => {
    const scene = new Scene();
    assertEquals((await scene.ask("a:1", { nickname: "friend" })).now, true);
    const leaving = new AbortController();
    const { signal } = leaving;
    const { now, later } = await scene.ask("a:1", { signal });
    assertEquals(now, undefined);
    leaving.abort();
    assertEquals(await later, "declined");
    assertEquals((await scene.ask("a:1", { signal })).now, "declined");
    assertEquals([scene.prompt, scene.visitors.names], [undefined, []]);
    scene.fits = false;
    await scene.ask("a:1");
    assertEquals(scene.notes, ["bob (a:1) asks to talk"]);
    scene.visitors.leave();
  }));

Deno.test("where nobody is to be asked the answer is no, with the reason", async () => {
  const reasons: [policy: string, reason: string][] = [
    ["friend", "not among those who are accepted here"],
    ["none", "nobody is accepted here"],
    ["ask", "declined"],
  ];
  for (const [policy, reason] of reasons) {
    const decide = makeDecider({
      policy: parsePolicy([policy]),
      action: "asks to talk",
      knowsOthers: () => false,
      visitors: () => undefined,
    });
    const { signal } = new AbortController();
    assertEquals(await decide(remoteAt("a:1"), { signal } as never), reason);
  }
});
