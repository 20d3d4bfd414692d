import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { connect } from "@lekt/lekt";
import { measureChildren } from "../helpers/child_coverage.ts";
import {
  isEvent,
  PeerProcess,
  startListener,
  taskArguments,
  within,
} from "../helpers/peer_process.ts";

measureChildren();

/** Whether this machine has `script`, which gives a program a terminal. */
const HAS_SCRIPT = hasScript();

function hasScript(): boolean {
  try {
    return new Deno.Command("script", { args: ["--version"] }).outputSync()
      .success;
  } catch {
    console.warn('no "script" here: the tests at a terminal are skipped');
    return false;
  }
}

/** `peer` at a terminal of its own: what it shows is standard output, what is written is typed. */
function atTerminal(args: string[], env: Record<string, string> = {}) {
  const command = [Deno.execPath(), ...taskArguments(), ...args]
    .map((word) => `'${word}'`).join(" ");
  return new PeerProcess(["-qfec", command, "/dev/null"], {
    program: "script",
    env: { COLUMNS: "100", LINES: "30", TERM: "xterm", ...env },
  });
}

Deno.test({
  name: "peer at a terminal asks, talks and quits",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using bob = atTerminal(["listen", "tcp://127.0.0.1:0"]);
    const shown = await bob.output("Listening on tcp://127.0.0.1:");
    const method = /tcp:\S+:\d+/.exec(shown)![0];

    const refused = connect(method, { nickname: "eve" }).catch((error) =>
      error
    );
    await bob.output("eve (127.0.0.1:");
    await bob.output("accept? [y/N] ");
    await bob.write("\r");
    assertEquals((await within("refusal", refused)).reason, "declined");

    const connecting = connect(method, { nickname: "ann" });
    await bob.output("ann (127.0.0.1:");
    await bob.write("y\r");
    await using ann = await within("acceptance", connecting);
    await bob.output("Connected with ann");

    await bob.write("half a li");
    await bob.output("half a li");
    await ann.send("hello \u001b[5m");
    await bob.output("hello \\u{1b}[5m");
    await bob.output("half a li", 2);
    await bob.write("ne\r");
    assertEquals(await (await ann.receive())?.text(), "half a line");
    await bob.write("//slash\r");
    assertEquals(await (await ann.receive())?.text(), "/slash");
    await bob.write("/help\r");
    await bob.output("/send FILE");
    await bob.write("/dance\r");
    await bob.output("There is no command /dance: try /help");
    await bob.write("/sned\r");
    await bob.output('There is no command /sned; is "/send" meant?');
    await bob.write("/send /does/not/exist\r");
    await bob.output("Cannot send /does/not/exist");
    await bob.write("/quit\r");
    assertEquals(await within("end", ann.receive()), null);
    await ann.close();
    await bob.expectEnd(0);
  },
});

Deno.test({
  name: "peer at a terminal withdraws the question of who has gone away",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using bob = atTerminal(["listen", "tcp://127.0.0.1:0"]);
    const shown = await bob.output("Listening on tcp://127.0.0.1:");
    const method = /tcp:\S+:\d+/.exec(shown)![0];
    const impatience = new AbortController();
    const first = connect(method, {
      nickname: "first",
      signal: impatience.signal,
    }).catch(() => "gone");
    await bob.output("first (127.0.0.1:");
    const second = connect(method, { nickname: "second" });
    await bob.output("second (127.0.0.1:");
    await bob.write("ye");
    await bob.output("[y/N] ye");
    impatience.abort();
    await first;
    await bob.output("went away");
    await bob.write("s\r");
    await bob.output("Who asked that does not wait any more");
    await bob.output("second (127.0.0.1:", 2);
    await bob.write("yes\r");
    await using connection = await within("acceptance", second);
    await bob.output("Connected with second");
    await connection.closeWrite();
    await bob.output("The conversation with second has ended");
    await bob.write("\u0003");
    await bob.expectEnd(0);
  },
});

Deno.test({
  name:
    "peer that ends at a terminal tells those who wait for an answer, and is not blamed on their address",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using bob = atTerminal(["listen", "tcp://127.0.0.1:0"]);
    const shown = await bob.output("Listening on tcp://127.0.0.1:");
    const method = /tcp:\S+:\d+/.exec(shown)![0];
    const asking = ["ann", "eve"].map((nickname) =>
      connect(method, { nickname }).catch((error) => error.reason)
    );
    await bob.output("ann (127.0.0.1:");
    await bob.output("eve (127.0.0.1:");
    await bob.write("\u0003");
    const ended = "it has ended before there was an answer";
    assertEquals(
      await within("the refusals", Promise.all(asking)),
      [ended, ended],
    );
    await bob.expectEnd(0);
  },
});

Deno.test({
  name:
    "peer at a terminal lets nobody in by a line that was begun before they asked",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using bob = atTerminal(["listen", "tcp://127.0.0.1:0"]);
    const shown = await bob.output("Listening on tcp://127.0.0.1:");
    const method = /tcp:\S+:\d+/.exec(shown)![0];
    await bob.write("typed before");
    await bob.output("typed before");
    const asking = connect(method, { nickname: "ann" });
    await bob.output("ann (127.0.0.1:");
    await bob.output("/accept NAME");
    await bob.write("\u0015/accept ann\r");
    await using ann = await within("acceptance", asking);
    await bob.output("Connected with ann");

    await bob.write("ye");
    await bob.output("> ye");
    const eve = connect(method, { nickname: "eve" }).catch((error) => error);
    await bob.output("eve (127.0.0.1:");
    await bob.write("s\r");
    assertEquals(await (await ann.receive())?.text(), "yes");
    await bob.write("yes\r/who\r");
    assertEquals(await (await ann.receive())?.text(), "yes");
    await bob.output("ann is here, and gets what you type");
    await bob.write("/reject eve\r");
    assertEquals((await within("refusal", eve)).reason, "declined");
    await bob.write("/quit\r");
    await bob.expectEnd(0);
  },
});

Deno.test({
  name: "peer at a terminal stays usable while 40 strangers ask",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using bob = atTerminal(["listen", "tcp://127.0.0.1:0"]);
    const shown = await bob.output("Listening on tcp://127.0.0.1:");
    const method = /tcp:\S+:\d+/.exec(shown)![0];
    const refused = Promise.withResolvers<void>();
    let refusedCount = 0;
    const strangers = Array.from({ length: 40 }, async (_, index) => {
      const reason = await connect(method, { nickname: `stranger ${index}` })
        .catch((error) => String(error.reason ?? error.code));
      if (/too many ask/.test(String(reason)) && ++refusedCount === 32) {
        refused.resolve();
      }
    });
    await bob.output("Too many ask at the same time");
    await within("refusals", refused.promise);
    await bob.write("/who\r");
    await bob.output("  stranger ", 8);
    await bob.write("/quit\r");
    await bob.expectEnd(0);
    await within("answers", Promise.all(strangers));
  },
});

Deno.test({
  name: "peer at a terminal sends a paste of 100,000 letters as one line",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using bob = atTerminal(
      ["listen", "tcp://127.0.0.1:0", "--accept", "all"],
    );
    const shown = await bob.output("Listening on tcp://127.0.0.1:");
    const method = /tcp:\S+:\d+/.exec(shown)![0];
    await using ann = await connect(method, { nickname: "ann" });
    await bob.output("Connected with");
    const long = "tiếng Việt “ภาษาไทย” ".repeat(5_000);
    await bob.write(`\u001b[200~${long}\u001b[201~`);
    await bob.write("\r");
    assertEquals(
      await (await within("paste", ann.receive()))?.text(),
      long,
    );
    await bob.write("\u001b[200~/quit\ryes\r\u001b[201~");
    assertEquals(await (await ann.receive())?.text(), "/quit");
    assertEquals(await (await ann.receive())?.text(), "yes");
    await bob.write("/quit\r");
    await bob.expectEnd(0);
  },
});

Deno.test({
  name: "peer at a terminal gives up a file by /cancel, and sends the next one",
  ignore: !HAS_SCRIPT,
  async fn() {
    const folder = await Deno.makeTempDir();
    const pipe = join(folder, "pipe");
    new Deno.Command("mkfifo", { args: [pipe] }).outputSync();
    Deno.writeTextFileSync(join(folder, "next.txt"), "next");
    const { peer: bob, method } = await startListener(
      ["--accept", "all", "--save", join(folder, "in")],
    );
    await using _bob = bob;
    await using ann = atTerminal(["connect", method, "--nick", "ann"]);
    await ann.output("Connected with");
    await ann.write(`/send ${pipe}\r/send "${folder}/next.txt"\r`);
    await ann.output("pipe -> ");
    await ann.write("/cancel\r");
    await ann.output("pipe is not sent");
    assertEquals((await bob.event("file", isEvent("file"))).name, "next.txt");
    await ann.output("has the file");
    await ann.write("/quit\r");
    await ann.expectEnd(0);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "peer at a terminal shows the progress of a file in both directions",
  ignore: !HAS_SCRIPT,
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = join(folder, "large.bin");
    Deno.writeFileSync(path, new Uint8Array(0));
    Deno.truncateSync(path, 120_000_000);
    const { peer: bob, method } = await startListener(
      ["--accept", "all", "--save", join(folder, "in")],
    );
    await using _bob = bob;
    await using ann = atTerminal(["connect", method, "--nick", "ann"]);
    await ann.output("Connected with");
    await ann.write(`/send ${path}\r`);
    await bob.event("file", isEvent("file"));
    const shown = await ann.output("has the file");
    assertMatch(shown, /large\.bin -> \S+ .*\d+% +\S+ MiB\/114\.4 MiB +.*\/s/);
    assertMatch(shown, /\d+:\d\d left/);
    await ann.write("\u0003");
    await ann.expectEnd(130);
    await bob.endInput();
    await bob.event("closed", isEvent("closed"));

    await using carl = atTerminal(
      ["send", method, path],
      { NO_COLOR: "1" },
    );
    const { stdout } = await carl.expectEnd(0);
    assertMatch(stdout, /large\.bin -> .*%/);
    // deno-lint-ignore no-control-regex -- colours begin with ESC
    assert(!/\u001b\[[\d;]*m/.test(stdout), "NO_COLOR is obeyed");
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name:
    "peer receive asks for the code, completes it, and asks again for what is none",
  ignore: !HAS_SCRIPT,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "lekt-user-" });
    await using bob = atTerminal(
      ["receive", "--directory", "http://127.0.0.1:9"],
      { XDG_CONFIG_HOME: folder },
    );
    await bob.output("The code that you were given: ");
    await bob.write("7-oxxan-lamp-tiger\r");
    await bob.output('is "ocean" meant?');
    await bob.write("7-oce\tlam\tt\t\r");
    await bob.output("7-ocean-lamp-t");
    await bob.output('"t" is no word of codes');
    await bob.write("7 oce lam tig\r");
    await bob.output("Cannot reach the directory");
    await bob.expectEnd(1);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name:
    "peer --plain at a terminal writes lines alone, and takes answers as commands",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using bob = atTerminal(["listen", "tcp://127.0.0.1:0", "--plain"]);
    const shown = await bob.output("Listening on tcp://127.0.0.1:");
    const method = /tcp:\S+:\d+/.exec(shown)![0];
    const connecting = connect(method, { nickname: "ann" });
    await bob.output("asks to talk: /accept NAME or /reject NAME");
    await bob.write("/accept ann\n");
    await using ann = await within("acceptance", connecting);
    await bob.output("Connected with ann");
    await bob.write("hello\n");
    assertEquals(await (await ann.receive())?.text(), "hello");
    await ann.close();
    const all = await bob.output("has ended");
    assert(!all.includes("\u001b"), all);
    bob.signal("SIGTERM");
    await bob.end();
  },
});
