// How long a listener waits for its relay: for a place first, and then for a sign of life.
import { EventEmitter } from "node:events";
import { assertEquals } from "@std/assert";
import type { WebSocket } from "ws";
import type { LektError } from "../../src/base/errors.ts";
import { parseMethod, type RelayMethod } from "../../src/transport/method.ts";
import { RelayLine } from "../../src/transport/relay_line.ts";
import { inTime, type TestTime } from "../helpers/in_time.ts";

/** A relay's end of a line, that sends what it is told to. */
class StandIn extends EventEmitter {
  terminate(): void {
    this.emit("close", 1006);
  }
}

/** When a line is given up whose relay does what `run` says, and why. */
async function givenUp(
  run: (socket: StandIn, time: TestTime) => void,
): Promise<[atMs: number, message: string]> {
  const outcome: [number, LektError][] = [];
  await inTime((time) => {
    const socket = new StandIn();
    const line = new RelayLine(socket as unknown as WebSocket, {
      method: parseMethod(
        `relay://relay.example/${"A".repeat(43)}`,
      ) as RelayMethod,
      signer: {
        thumbprint: "A".repeat(43),
        sign: () => Promise.reject(new Error("nothing is to be signed")),
      },
      audience: "https://relay.example",
      isYielding: false,
      onCall: () => {},
    });
    line.ended.then((error) => outcome.push([time.nowMs, error]));
    run(socket, time);
  });
  const [[atMs, error]] = outcome as [[number, LektError]];
  assertEquals(error.code, "UNREACHABLE");
  return [atMs, /it was silent for \d+ s/.exec(error.message)?.[0] ?? ""];
}

function welcome(socket: StandIn): void {
  socket.emit("message", JSON.stringify({ listening: true }), false);
}

Deno.test("a relay has 10 s to give a listener its place, whatever else it says", async () => {
  const never = [10_000, "it was silent for 10 s"];
  assertEquals(await givenUp(() => {}), never);
  const talking = await givenUp((socket, { at }) => {
    at(5_000, () => socket.emit("ping"));
    at(9_000, () => socket.emit("message", '{"x":1}', false));
  });
  assertEquals(talking, never);
});

Deno.test("a listener that has its place waits 45 s behind each sign of its relay", async () => {
  const said = "it was silent for 45 s";
  const silent = await givenUp((socket, { at }) => {
    at(9_999, () => welcome(socket));
  });
  assertEquals(silent, [54_999, said]);
  const speaking = await givenUp((socket, { at }) => {
    welcome(socket);
    at(44_999, () => socket.emit("ping"));
    at(89_998, () => socket.emit("message", "{}", false));
  });
  assertEquals(speaking, [134_998, said]);
});
