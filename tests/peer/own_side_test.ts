// What this side brings along: only what is used is made, and what is wrong with it is this side's fault.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { LektError, type Remote } from "../../mod.ts";
import { createIdentity, startDirectory } from "../../src/directory/mod.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import { isFault } from "../../src/peer/faults.ts";
import { parseCommandLine, type Settings } from "../../src/peer/options.ts";
import { OwnSide } from "../../src/peer/own_side.ts";
import { relayOption } from "../../src/peer/relay_presence.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import { withFolder } from "../helpers/temp_folder.ts";
import { asUserOf } from "../helpers/user_env.ts";

const { signal } = new AbortController();
const RELAY = "wss://relay.example";

/** A reporter, and what it was told. */
function record() {
  const events: PeerEvent[] = [];
  const notes: string[] = [];
  const reporter = {
    emit: (event: PeerEvent) => void events.push(event),
    note: (text: string) => void notes.push(text),
  } as unknown as Reporter;
  return { reporter, events, notes };
}

function open(
  args: string[],
  settings: Partial<Settings> = {},
): Promise<OwnSide> {
  const read = parseCommandLine(args, {
    isTerminal: false,
    loginName: () => "me",
  }) as Settings;
  return OwnSide.open({ ...read, ...settings }, record().reporter);
}

/** Runs a test as a user whose configuration is in a folder of their own; `made` tells what is there. */
function asUser(
  run: (made: () => string[], files: string) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const files = join(folder, "lekt");
    const made = () => {
      try {
        return [...Deno.readDirSync(files)].map(({ name }) => name).sort();
      } catch {
        return [];
      }
    };
    await asUserOf(folder, () => run(made, files));
  });
}

Deno.test("a key and a certificate are made where they are used, and a relay is used unless it is refused", async () => {
  await asUser(async (made) => {
    const plain = await open(["listen", "tcp://127.0.0.1:0"]);
    assertEquals([plain.key, plain.knowsOthers], ["", false]);
    assertEquals(await plain.listenOptions(signal), {});
    assertThrows(() => plain.inDirectory, LektError, "--directory");
    assertEquals(made(), []);

    const tls = await open(["listen", "tls://127.0.0.1:0"]);
    assertEquals(made(), ["certificate.pem"]);
    assertEquals(tls.key.length, 43);
    const remote = { nickname: "bob", key: tls.key } as Remote;
    await tls.remember(remote);
    const methods = ["tls://127.0.0.1:1"];
    assertEquals(await tls.announce(methods), undefined);
    assertEquals(
      await tls.whileIntroduced(signal, () => Promise.resolve(7)),
      7,
    );

    const refused = await open(["listen", "tls://127.0.0.1:0"], {
      relay: { url: RELAY, isRefused: true },
    });
    assertEquals(Object.keys(await refused.listenOptions(signal)), ["tls"]);
    assertEquals(made(), ["certificate.pem"]);
    const relayed = await open(["listen", "tcp://127.0.0.1:0"], {
      relay: { url: RELAY, isRefused: false },
    });
    const { relay } = await relayed.listenOptions(signal);
    assert(typeof relay === "object" && "url" in relay);
    assertEquals([relay.url, relay.isOptional], [RELAY, false]);
    assertEquals(made(), ["certificate.pem", "identity.json"]);
  });
});

Deno.test("who is in the local network announces nothing but tls", async () => {
  await asUser(async () => {
    const lan = await open(["listen", "--lan", "--nick", "bob"]);
    assertEquals(await lan.announce(["tcp://127.0.0.1:1"]), undefined);
  });
});

Deno.test("this side is in a directory where one is named, and not introduced over a method that proves nothing", async () => {
  await asUser(async (made) => {
    await using directory = await startDirectory({ port: 0 });
    const { url } = directory;
    for (const target of ["tcp://127.0.0.1:1", "bob"]) {
      const own = await open(["connect", target, "--directory", url]);
      assertEquals(own.knowsOthers, true);
      assertEquals(own.inDirectory.url, url);
      await own.whileIntroduced(signal, async () => {
        const found = await own.inDirectory.lookup.lookup("me", { signal })
          .then(() => true, () => false);
        assertEquals(found, target === "bob");
      });
      await own.close();
    }
    assert(made().includes("identity.json"));
  });
});

Deno.test("a certificate file that is damaged is named, and that is this side's fault", async () => {
  await asUser(async (_made, files) => {
    Deno.mkdirSync(files);
    const path = join(files, "certificate.pem");
    Deno.writeTextFileSync(path, "none", { mode: 0o600 });
    const error = await assertRejects(
      () => open(["listen", "tls://127.0.0.1:0"]),
      LektError,
    );
    assertEquals(isFault(error), true);
    assertEquals(
      error.message.split(": ")[0],
      `Cannot use the certificate file ${path}`,
    );
  });
});

Deno.test("a relay that fails again and again is told of once, and that it is there again", async () => {
  const { reporter, events, notes } = record();
  const { report } = relayOption({
    url: RELAY,
    identity: await createIdentity(),
    proxy: undefined,
    isOptional: false,
    reporter,
  });
  const error = new LektError("UNREACHABLE", "it is away");
  for (let time = 0; time < 2; time++) {
    report!({ event: "failing", method: RELAY, error, retryInMs: 1 });
  }
  assertEquals(events, [{
    event: "error",
    code: "UNREACHABLE",
    message: "it is away; it is tried again until it succeeds",
  }]);
  for (let time = 0; time < 2; time++) report!({ event: "waiting" } as never);
  assertEquals(notes, ["Reachable through the relay relay.example again"]);
});
