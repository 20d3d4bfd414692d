import { assertEquals } from "@std/assert";
import { isEvent, PeerProcess } from "../helpers/peer_process.ts";

/** The command without arguments, but on a port that the test chooses. */
function meet(method: string): PeerProcess {
  const script = `
    import { parseCommandLine } from "./src/peer/options.ts";
    import { Output } from "./src/peer/output.ts";
    import { Reporter } from "./src/peer/reporter.ts";
    import { Peer } from "./src/peer/run.ts";
    const settings = parseCommandLine(["--json", "--accept", "all"], {
      isTerminal: false,
      loginName: () => "me",
    });
    const method = ${JSON.stringify(method)};
    const stdout = new Output(Deno.stdout);
    const stderr = new Output(Deno.stderr);
    const peer = new Peer({
      settings: { ...settings, methods: [method], target: method },
      reporter: new Reporter({ isJson: true, stdout, stderr }),
    });
    Deno.addSignalListener("SIGINT", () => peer.stop("interrupted"));
    const status = await peer.run();
    await stdout.flush();
    Deno.exit(status);
  `;
  return new PeerProcess(["eval", script], { program: Deno.execPath() });
}

function freeMethod(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `tcp://127.0.0.1:${listener.addr.port}`;
}

Deno.test("peer that meets listens where nobody does, and connects where somebody does", async () => {
  const method = freeMethod();
  await using bob = meet(method);
  await bob.event("listening", isEvent("listening"));
  await using ann = meet(method);
  await ann.event("connected", isEvent("connected"));
  await ann.write("hello\n");
  await bob.event("hello", (line) => line.text === "hello");
  await bob.write("hi\n");
  await ann.event("hi", (line) => line.text === "hi");
  ann.signal("SIGINT");
  await ann.expectEnd(130);
  bob.signal("SIGINT");
  await bob.expectEnd(0);
  assertEquals(bob.events.at(-1)?.event, "closed");
});

Deno.test("two peers that meet at the same moment find each other", async () => {
  for (let round = 0; round < 3; round++) {
    const method = freeMethod();
    await using one = meet(method);
    await using other = meet(method);
    const both = await Promise.all(
      [one, other].map((peer) => peer.event("connected", isEvent("connected"))),
    );
    assertEquals(
      both.map(({ role }) => role).sort(),
      ["initiator", "responder"],
    );
  }
});
