// The end of a terminal, from which nohup keeps a program away.
import { assertEquals } from "@std/assert";
import { connect } from "../../mod.ts";
import {
  isEvent,
  PeerProcess,
  startListener,
} from "../helpers/peer_process.ts";

Deno.test("a listener ends with its terminal", async () => {
  const { peer } = await startListener([]);
  await using listener = peer;
  listener.signal("SIGHUP");
  await listener.expectEnd(0);
});

/** Starts the command by `nohup`, with all permissions, for without them nobody tells what is ignored. */
function startByNohup(...args: string[]): PeerProcess {
  return new PeerProcess([
    ...[Deno.execPath(), "run", "-A", "--no-check", "src/peer/main.ts"],
    ...[...args, "--json", "--no-config"],
  ], { program: "nohup" });
}

Deno.test({
  name: "a listener that nohup has started outlives its terminal",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using listener = startByNohup(
      ...["listen", "tcp://127.0.0.1:0", "--accept", "all"],
    );
    const { methods } = await listener.event(
      "listening",
      isEvent("listening"),
    );
    const [method] = methods as string[];
    const connection = await connect(method!, { nickname: "ann" });
    listener.signal("SIGHUP");
    await connection.send("still there?", { confirm: true });
    await connection.close();
    listener.signal("SIGTERM");
    await listener.expectEnd(0);
  },
});

Deno.test({
  name: "a directory that nohup has started outlives its terminal",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = startByNohup("directory", "--port", "0");
    const { url } = await directory.event("listening", isEvent("listening"));
    directory.signal("SIGHUP");
    const answer = await fetch(`${url}/v1/peers/nobody`);
    assertEquals(answer.status, 404);
    await answer.body?.cancel();
    directory.signal("SIGTERM");
    await directory.expectEnd(0);
  },
});
